import type { SeriesDirectory } from "../../catalogue/directory.ts";
import type { Clock } from "../../domain/clock.ts";
import type { CoverageRun } from "../../domain/coverage.ts";
import { difference, type Interval, normalized, union } from "../../domain/intervals.ts";
import type { HistoryLimits, HistoryWindow, VendorReading } from "../../vendors/vendor.ts";
import type { CoverageLedger } from "../ledger/coverage-ledger.ts";
import { answeredStretches } from "./answered.ts";
import { failedAgainAtMs } from "./patience.ts";
import { type OpenDevice, openOf } from "./windows.ts";

/** A device whose past can be asked for. */
export interface PastDevice {
  readonly id: string;
  /** The vendor's id. */
  readonly serial: string;
  /** Of its metrics whose past there is; one or more. */
  readonly series: readonly number[];
}

/** A device, and the range of which it is looked what it lacks. */
export interface AskedDevice {
  readonly device: PastDevice;
  readonly range: Interval;
}

/** Devices whose runs are read at once. */
const DEVICES_PER_READ = 500;

export interface PastCoverageParts {
  readonly history: HistoryLimits;
  readonly directory: SeriesDirectory;
  readonly ledger: CoverageLedger;
  readonly clock: Clock;
  /** Numbers the connection's requests. */
  readonly nextRequest: () => number;
}

/** What is known of a connection's past, and what of it is being asked for. */
export class PastCoverage {
  readonly #parts: PastCoverageParts;
  /** By the vendor's id of the device. */
  readonly #claims = new Map<string, HistoryWindow[]>();
  /** Failures in a row, by the vendor's id; forgotten with the process, so that a restart is an occasion to try. */
  readonly #failures = new Map<string, number>();

  constructor(parts: PastCoverageParts) {
    this.#parts = parts;
  }

  get history(): HistoryLimits {
    return this.#parts.history;
  }

  /** Of these devices those that have a past, as they are now; by the vendor's id. */
  devices(ids: Iterable<string>): PastDevice[] {
    const { directory, history } = this.#parts;
    return pastDevices(ids, directory, history);
  }

  /** What is still to be asked of devices, where nobody asks for it already. */
  async open(
    asked: readonly AskedDevice[],
    asksAgain: (device: PastDevice, run: CoverageRun) => boolean,
  ): Promise<OpenDevice[]> {
    const opens = await openOfDevices(this.#parts.ledger, asked, this.history, asksAgain);
    return opens.map(({ device, open }) => ({
      device,
      open: difference(open, normalized(this.#claims.get(device) ?? [])),
    }));
  }

  /** Of these devices those for which the vendor has answered for any of a span, of any of their metrics. */
  async answered(devices: readonly PastDevice[], span: Interval): Promise<PastDevice[]> {
    const answered: PastDevice[] = [];
    for (let start = 0; start < devices.length; start += DEVICES_PER_READ) {
      const piece = devices.slice(start, start + DEVICES_PER_READ);
      const runs = await this.#parts.ledger.runsOf(
        piece.flatMap(({ series }) => series),
        span,
      );
      const isAnswered = (series: number): boolean =>
        (runs.get(series) ?? []).some(({ outcome }) => outcome === "data" || outcome === "nothing");
      answered.push(...piece.filter(({ series }) => series.some(isAnswered)));
    }
    return answered;
  }

  /** Whether a stretch that failed may be asked for again. */
  failedIsDue(serial: string, run: Pick<CoverageRun, "askedAtMs">): boolean {
    return failedAgainAtMs(run, this.failures(serial)) <= this.#parts.clock.nowMs();
  }

  /** Failures in a row; 1 where a former process has left some. */
  failures(serial: string): number {
    return this.#failures.get(serial) ?? 1;
  }

  /** Keeps others from asking for the window too. */
  claim(window: HistoryWindow): void {
    for (const serial of window.devices) {
      const claims = this.#claims.get(serial);
      if (claims) claims.push(window);
      else this.#claims.set(serial, [window]);
    }
  }

  /** Whether anybody asks for some of a device's time. */
  isClaimed(serial: string, { fromMs, toMs }: Interval): boolean {
    return (this.#claims.get(serial) ?? []).some((claim) => claim.fromMs < toMs && claim.toMs > fromMs);
  }

  release(window: HistoryWindow): void {
    for (const serial of window.devices) {
      const left = (this.#claims.get(serial) ?? []).filter((claim) => claim !== window);
      if (left.length > 0) this.#claims.set(serial, left);
      else this.#claims.delete(serial);
    }
  }

  /** Notes what the vendor said of a window, once what it brought is stored. */
  noteAnswer(
    window: HistoryWindow,
    devices: readonly PastDevice[],
    readings: readonly (VendorReading & { readonly series: number })[],
    refused: readonly string[],
  ): void {
    const { ledger, clock, history, nextRequest } = this.#parts;
    const asked = { askedAtMs: Math.trunc(clock.nowMs()), request: nextRequest() };
    const timesOf = new Map<number, number[]>();
    for (const { series, timeMs } of readings) {
      const times = timesOf.get(series);
      if (times) times.push(timeMs);
      else timesOf.set(series, [timeMs]);
    }
    for (const { serial, series } of devices) {
      this.#failures.delete(serial);
      for (const number of series) {
        if (refused.includes(serial)) {
          ledger.note(number, { fromMs: window.fromMs, toMs: window.toMs, outcome: "refused", ...asked });
          continue;
        }
        const times = timesOf.get(number) ?? [];
        for (const stretch of answeredStretches(window, times, history.valuesEveryMs))
          ledger.note(number, { ...stretch, ...asked });
      }
    }
  }

  noteFailure({ fromMs, toMs }: HistoryWindow, devices: readonly PastDevice[]): void {
    const { ledger, clock, nextRequest } = this.#parts;
    const run = {
      fromMs,
      toMs,
      outcome: "failed",
      askedAtMs: Math.trunc(clock.nowMs()),
      request: nextRequest(),
    } as const;
    for (const { serial, series } of devices) {
      this.#failures.set(serial, (this.#failures.get(serial) ?? 0) + 1);
      for (const number of series) ledger.note(number, run);
    }
  }
}

/** Of these devices those that have a past, by the order of the ids. */
export function pastDevices(
  ids: Iterable<string>,
  directory: SeriesDirectory,
  { metrics }: Pick<HistoryLimits, "metrics">,
): PastDevice[] {
  const names = metrics && new Set(metrics.map(({ name }) => name));
  const devices: PastDevice[] = [];
  for (const id of ids) {
    const serial = directory.device(id)?.serialNumber ?? null;
    const owners = directory.allOfDevice(id).filter(({ metricName }) => names?.has(metricName) ?? true);
    if (serial !== null && owners.length > 0) devices.push({ id, serial, series: owners.map(({ series }) => series) });
  }
  return devices;
}

/** What each device lacks of its range; a device is asked for what any of its metrics lacks. In the order of the devices. */
export async function openOfDevices(
  ledger: CoverageLedger,
  asked: readonly AskedDevice[],
  limits: HistoryLimits,
  asksAgain: (device: PastDevice, run: CoverageRun) => boolean,
): Promise<OpenDevice[]> {
  const opens: OpenDevice[] = [];
  for (let start = 0; start < asked.length; start += DEVICES_PER_READ) {
    const piece = asked.slice(start, start + DEVICES_PER_READ);
    const runs = await ledger.runsOf(
      piece.flatMap(({ device }) => device.series),
      spanOf(piece),
    );
    for (const { device, range } of piece) {
      let open: Interval[] = [];
      for (const series of device.series) {
        const lacking = openOf(range, runs.get(series) ?? [], limits, (run) => asksAgain(device, run));
        open = open.length === 0 ? lacking : union(open, lacking);
      }
      opens.push({ device: device.serial, open });
    }
  }
  return opens;
}

function spanOf(asked: readonly AskedDevice[]): Interval {
  return {
    fromMs: Math.min(...asked.map(({ range }) => range.fromMs)),
    toMs: Math.max(...asked.map(({ range }) => range.toMs)),
  };
}
