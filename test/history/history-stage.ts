import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Catalogue, openCatalogue } from "../../src/catalogue/catalogue.ts";
import { CONNECTION, inverter, SITE } from "../../src/catalogue/contract-scene.ts";
import { knownKey } from "../../src/catalogue/sealing/installation-key.ts";
import { HistoryWorker } from "../../src/collect/history/worker.ts";
import type { CoverageLedger } from "../../src/collect/ledger/coverage-ledger.ts";
import { MemoryLedger } from "../../src/collect/ledger/memory-ledger.fixture.ts";
import type { Connection } from "../../src/domain/connection.ts";
import type { Interval } from "../../src/domain/intervals.ts";
import { silentLog } from "../../src/domain/log.ts";
import { ACTIVE_POWER, ONLINE } from "../../src/domain/metric.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../../src/domain/reading.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { Limiter } from "../../src/transport/limiter.ts";
import { type SeenRequest, type VendorAnswer, VirtualVendor } from "../../src/transport/virtual-vendor.ts";
import { BlueprintClient } from "../../src/vendors/_blueprint/index.ts";
import type { HistoryLimits } from "../../src/vendors/vendor.ts";

export const { history: HISTORY, limits: LIMITS } = BlueprintClient;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A question about the past that the vendor answered. */
export interface Told extends Interval {
  readonly devices: readonly string[];
}

type Behaviour = (told: Told, request: SeenRequest) => VendorAnswer | "cut" | "never" | undefined;

/** A connection in a real catalogue, its client over a played vendor, and workers upon it, all in virtual time. */
export class HistoryStage {
  readonly clock = new VirtualClock();
  readonly ledger = new MemoryLedger();
  readonly network: VirtualVendor;
  /** What the vendor has answered for. */
  readonly told: Told[] = [];
  readonly stored = new Map<number, Map<number, number>>();
  /** Overrides the right answer. */
  behaviour: Behaviour = () => undefined;
  /** What the vendor holds: null for no value. */
  holds: (device: string, timeMs: number) => number | null = (_device, timeMs) => (timeMs / 300_000) % 1_000;
  /** Its values are final at once, or every test would have to tell second looks from the rest. */
  history: HistoryLimits = { ...HISTORY, settlesAfterMs: 0 };
  storageFails: () => Error | null = () => null;
  catalogue!: Catalogue;
  connection!: Connection;
  serials: string[] = [];
  series = new Map<string, number>();
  readonly #folder = mkdtempSync(join(tmpdir(), "kilowatch-history-"));
  readonly #limiter: Limiter;
  #workers: HistoryWorker[] = [];
  #requests = 0;

  readonly #answerMs: number;

  constructor(answerMs = 100) {
    this.#answerMs = answerMs;
    this.#limiter = new Limiter({ budgets: LIMITS.budgets, clock: this.clock });
    this.network = new VirtualVendor({
      clock: this.clock,
      delays: () => ({ requestMs: this.#answerMs / 2, answerMs: this.#answerMs / 2 }),
      answer: (request) => this.#answer(request),
    });
  }

  static async open(devices: number, answerMs?: number): Promise<HistoryStage> {
    const stage = new HistoryStage(answerMs);
    stage.catalogue = await openCatalogue(
      join(stage.#folder, "catalogue.db"),
      knownKey(Buffer.alloc(32, 3)),
      stage.clock,
    );
    const { connections, sites, devices: all, directory } = stage.catalogue;
    const site = await sites.create(SITE);
    stage.serials = Array.from({ length: devices }, (_, index) => `M-${String(index).padStart(3, "0")}`);
    const wanted = stage.serials.map((serial) => inverter(site.id, serial));
    stage.connection = await connections.create(CONNECTION, {}, wanted, [ACTIVE_POWER, ONLINE]);
    for (const { id, serialNumber } of await all.ofConnection(stage.connection.id)) {
      stage.series.set(serialNumber ?? "", directory.ofDevice(id, ACTIVE_POWER.name)?.series ?? 0);
    }
    return stage;
  }

  /** Says that the ledger holds all of a series' time before, and within none of the gaps. */
  coverExcept(...gaps: readonly Interval[]): void {
    const asked = { askedAtMs: this.clock.nowMs(), request: 0 };
    for (const series of this.series.values()) {
      let fromMs = 0;
      for (const gap of [...gaps, { fromMs: this.clock.nowMs() + 1_000 * DAY_MS, toMs: 0 }]) {
        this.ledger.note(series, { fromMs, toMs: gap.fromMs, outcome: "data", ...asked });
        fromMs = gap.toMs;
      }
    }
  }

  /** Starts a worker; the devices are there since long ago. */
  async work(ledger: CoverageLedger = this.ledger): Promise<HistoryWorker> {
    const client = new BlueprintClient({
      baseUrl: "https://vendor.example/",
      clientId: "kilowatch",
      clientSecret: "a secret of a test",
      clock: this.clock,
      random: () => 0.5,
      limiter: this.#limiter,
      dispatcher: this.network,
    });
    const devices = await this.catalogue.devices.ofConnection(this.connection.id);
    const worker = new HistoryWorker({
      connection: this.connection,
      devices: devices.map(({ id }) => ({ id, createdAtMs: 0 })),
      client,
      history: this.history,
      limits: LIMITS,
      liveEveryMs: 60_000,
      catalogue: this.catalogue,
      pipeline: { acceptHistory: (columns) => this.#store(columns) },
      ledger,
      held: (series, within) => this.#held(series, within),
      nextRequest: () => ++this.#requests,
      clock: this.clock,
      log: silentLog,
      random: () => 0.5,
    });
    this.#workers.push(worker);
    worker.start();
    return worker;
  }

  /** Device and time of every value that the vendor gave, as often as it did. */
  given(): string[] {
    return this.told.flatMap(({ devices, fromMs, toMs }) =>
      devices.flatMap((device) => timesOf({ fromMs, toMs }).map((timeMs) => `${device} ${timeMs}`)),
    );
  }

  /** Of a span the values of every device that the vendor holds and the store does not. */
  lacking(span: Interval): string[] {
    return this.serials.flatMap((serial) =>
      timesOf(span)
        .filter((timeMs) => this.holds(serial, timeMs) !== null)
        .filter((timeMs) => this.stored.get(this.series.get(serial) ?? 0)?.get(timeMs) !== this.holds(serial, timeMs))
        .map((timeMs) => `${serial} ${timeMs}`),
    );
  }

  async close(): Promise<void> {
    await this.clock.run(Promise.all(this.#workers.map((worker) => worker.close())));
    await this.catalogue.close();
    rmSync(this.#folder, { recursive: true });
  }

  #answer(request: SeenRequest): VendorAnswer | "cut" | "never" {
    if (request.target === "/v1/login") {
      return { status: 200, body: JSON.stringify({ access_token: "token", expires_in: 1_000_000_000 }) };
    }
    const { ids, from, to } = JSON.parse(request.body) as { ids: string[]; from: string; to: string };
    const told = { devices: ids, fromMs: Date.parse(from), toMs: Date.parse(to) };
    const other = this.behaviour(told, request);
    if (other) return other;
    this.told.push(told);
    const devices = ids.map((id) => ({ id, rows: this.#rows(id, told) }));
    return { status: 200, body: JSON.stringify({ devices, refused: [] }) };
  }

  #rows(id: string, span: Interval): object[] {
    return timesOf(span).flatMap((timeMs) => {
      const value = this.holds(id, timeMs);
      return value === null ? [] : [{ time: new Date(timeMs).toISOString(), values: { power_w: value } }];
    });
  }

  async #store({ length, series, timesMs, values }: ReadingColumns): Promise<void> {
    const failure = this.storageFails();
    if (failure) throw failure;
    for (let row = 0; row < length; row++) {
      const number = series[row] ?? 0;
      if (!this.stored.has(number)) this.stored.set(number, new Map());
      this.stored.get(number)?.set(timesMs[row] ?? 0, values[row] ?? 0);
    }
  }

  async #held(series: readonly number[], { fromMs, toMs }: Interval): Promise<ReadingColumns> {
    const builder = new ReadingColumnsBuilder();
    for (const number of series) {
      for (const [timeMs, value] of this.stored.get(number) ?? []) {
        if (timeMs >= fromMs && timeMs < toMs) builder.push(number, timeMs, value, 0);
      }
    }
    return builder.finish();
  }
}

/** The multiples of 5 minutes within a span. */
export function timesOf({ fromMs, toMs }: Interval): number[] {
  const everyMs = HISTORY.valuesEveryMs;
  const times: number[] = [];
  for (let timeMs = Math.ceil(fromMs / everyMs) * everyMs; timeMs < toMs; timeMs += everyMs) times.push(timeMs);
  return times;
}
