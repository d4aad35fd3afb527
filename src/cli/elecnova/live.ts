import { type FileHandle, open } from "node:fs/promises";
import type { ElecnovaClient } from "../../vendors/elecnova/client.ts";
import type { LiveEvents } from "../../vendors/elecnova/live-batch.ts";
import type { QualityIssue, VendorReading } from "../../vendors/vendor.ts";
import { CommandFailed, EXIT } from "../exit-codes.ts";
import { checkOutputFile } from "../output-file.ts";
import { counted, printAll, say, visible } from "../terminal.ts";
import { type ElecnovaRequest, endOf, modeOf } from "./options.ts";

/** A stream that was never connected ends after so many attempts; one that was tries for ever. */
const FIRST_ATTEMPTS_MAX = 5;
const ISSUES_TOLD_MAX = 20;

/** A live stream as it was asked for, checked before anything is sent. */
export interface LiveRequest {
  readonly sns: readonly string[];
  readonly mode: "cabinet" | "component";
  readonly afterMs: number | null;
  readonly afterReadings: number | null;
  /** The file that lines are added to; null for stdout. */
  readonly path: string | null;
  /** Lines for a program rather than for a person. */
  readonly json: boolean;
}

/** @throws BadUse */
export async function liveRequestOf({ sns, flags, json }: ElecnovaRequest): Promise<LiveRequest> {
  const [path] = await Promise.all((flags.out ?? []).map((name) => checkOutputFile(name, ["ndjson"])));
  return { sns, mode: modeOf(flags.mode), ...endOf(flags), path: path?.path ?? null, json };
}

/** Hands on readings as they come, until Ctrl-C or the end that was asked for. Sets the exit code. */
export async function followLive(
  client: ElecnovaClient,
  request: LiveRequest,
  interrupted: AbortSignal,
): Promise<void> {
  const { sns, mode, afterMs, afterReadings, path, json } = request;
  const watch = new LiveWatch();
  const timeUp = afterMs === null ? null : AbortSignal.timeout(afterMs);
  const stop = AbortSignal.any([interrupted, watch.hopeless, ...(timeUp ? [timeUp] : [])]);
  const file = path === null ? null : await opened(path);
  const lineOf = json || file || !process.stdout.isTTY ? jsonLine : wordsLine;
  try {
    for await (const { readings, issues } of client.live(sns, { mode, signal: stop, events: watch.events })) {
      const left = afterReadings === null ? readings.length : afterReadings - watch.readings;
      const taken = readings.slice(0, left);
      watch.take(taken.length, issues);
      const text = taken.map(lineOf).join("");
      if (file) await added(file, text);
      else await printAll(text);
      if (watch.readings === afterReadings) break;
    }
  } catch (error) {
    if (error instanceof CommandFailed || !(interrupted.aborted || timeUp?.aborted)) throw error;
  } finally {
    await file?.close();
    for (const line of watch.summary()) say(line);
    if (path !== null) say(`Written: ${path}`);
  }
  process.exitCode = watch.connected === 0 ? EXIT.failed : watch.refused > 0 ? EXIT.partly : EXIT.done;
}

const BROKER_HINT = "--mqtt-url says where the broker is, --mqtt-ca who signs its certificate.";

/** Looks on as a live stream runs: counts, and tells what a person would want to know. */
class LiveWatch {
  readings = 0;
  connected = 0;
  refused = 0;
  #messages = 0;
  #issues = 0;
  #failedBefore = 0;
  readonly #hopeless = new AbortController();

  readonly events: LiveEvents = {
    onConnected: ({ topics, sessionKept }) => {
      this.connected++;
      const kept = sessionKept ? "; the broker kept what came meanwhile" : "";
      say(`Connected: ${counted(topics, "topic")}${this.connected > 1 ? kept : ""}.`);
    },
    onLost: (error, retryInMs) => {
      if (this.connected === 0 && ++this.#failedBefore === FIRST_ATTEMPTS_MAX) {
        this.#hopeless.abort(new CommandFailed(error.message));
        return;
      }
      say(`${error.message} Trying again in ${(retryInMs / 1_000).toFixed(1)} s.`);
    },
    onCabinetRefused: (sn, error) => {
      this.refused++;
      say(`failed: ${sn}: ${error.message}`);
    },
    onTopicRefused: (topic) => {
      this.refused++;
      say(`failed: the broker refuses ${topic}`);
    },
  };

  /** Aborts, with a CommandFailed, when there never was a connection. */
  get hopeless(): AbortSignal {
    return this.#hopeless.signal;
  }

  take(readings: number, issues: readonly QualityIssue[]): void {
    this.#messages++;
    this.readings += readings;
    for (const { device, detail, original } of issues) {
      if (this.#issues++ < ISSUES_TOLD_MAX) say(`doubtful: ${device}: ${detail} It sent ${original}`);
    }
  }

  summary(): string[] {
    if (this.connected === 0) return [`There was no connection. ${BROKER_HINT}`];
    const again = this.connected > 1 ? `, ${counted(this.connected - 1, "reconnection")}` : "";
    return [
      `${counted(this.#messages, "message")}, ${counted(this.readings, "reading")}, ${this.#issues} doubtful${again}.`,
    ];
  }
}

export function jsonLine({ device, metric, timeMs, value, quality }: VendorReading): string {
  const time = new Date(timeMs).toISOString();
  return `${JSON.stringify({ device, metric: metric.name, time, value, unit: metric.unit, quality })}\n`;
}

function wordsLine({ device, metric, timeMs, value }: VendorReading): string {
  return visible(
    `${new Date(timeMs).toISOString()}  ${device.padEnd(24)}  ${metric.name.padEnd(24)}  ${value}${metric.unit === "1" ? "" : ` ${metric.unit}`}\n`,
  );
}

async function opened(path: string): Promise<FileHandle> {
  return open(path, "a").catch((error: unknown) => {
    throw unwritable(error);
  });
}

async function added(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(text).catch((error: unknown) => {
    throw unwritable(error);
  });
}

function unwritable(error: unknown): CommandFailed {
  return new CommandFailed(`The readings could not be written: ${(error as Error).message}`);
}
