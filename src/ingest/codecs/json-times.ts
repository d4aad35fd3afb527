import { READING_TIME_MS } from "../../domain/reading.ts";
import type { TimedOptions } from "./decoder.ts";
import { type EpochTimes, epochTimes } from "./epoch-times.ts";
import { IsoTimes } from "./iso-times.ts";
import { readNumber } from "./json-number.ts";
import { FUTURE_MS_MAX } from "./limits.ts";
import { Objection } from "./objection.ts";
import { ZERO } from "./signs.ts";

/** Reads the time of a JSON reading: a text (ISO 8601 with a zone) or a number (epoch ms, whole), from 1970 to the latest that is taken. */
export class JsonTimes {
  /** The time that was read last, epoch ms. */
  timeMs = 0;
  readonly #timeMsMax: number;
  readonly #numbers: EpochTimes;
  readonly #texts = new IsoTimes();
  readonly #number = new Float64Array(1);

  constructor(options: TimedOptions) {
    this.#timeMsMax = Math.min(options.timeMsMax ?? options.nowMs + FUTURE_MS_MAX, READING_TIME_MS.max);
    this.#numbers = epochTimes("ms", this.#timeMsMax);
  }

  /** Reads plain digits and answers where they end; -1 for any other way to write the number. */
  readPlain(bytes: Uint8Array, view: DataView, at: number): number {
    if (bytes[at] === ZERO) return -1;
    const end = this.#numbers.read(bytes, view, at);
    this.timeMs = this.#numbers.timeMs;
    return end;
  }

  /** Reads any JSON number; answers where it ends. @throws Objection, MORE_NEEDED */
  readNumber(bytes: Uint8Array, at: number, end: number): number {
    const numberEnd = readNumber(bytes, at, end, this.#number, 0, "time");
    const timeMs = this.#number[0] ?? Number.NaN;
    if (!Number.isInteger(timeMs))
      throw new Objection(numberEnd, "is not a whole number of milliseconds", { member: "time" });
    const objection = this.#rangeObjection(timeMs);
    if (objection !== null) throw new Objection(numberEnd, objection, { member: "time" });
    this.timeMs = timeMs;
    return numberEnd;
  }

  /** Reads the text at `at`; answers where it ends; -1 when it is no time that is taken. */
  readText(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const textEnd = this.#texts.read(bytes, view, at, end);
    this.timeMs = this.#texts.timeMs;
    return textEnd === -1 || this.timeMs < 0 || this.timeMs > this.#timeMsMax ? -1 : textEnd;
  }

  /** What is wrong with a text that `readText` did not take. */
  textObjection(bytes: Uint8Array, view: DataView, at: number, end: number): string {
    const range = this.#texts.read(bytes, view, at, end) === end ? this.#rangeObjection(this.#texts.timeMs) : null;
    return range ?? "is not an ISO 8601 date and time with a zone";
  }

  #rangeObjection(timeMs: number): string | null {
    if (timeMs < 0) return "lies before 1970";
    return timeMs > this.#timeMsMax
      ? `lies after ${new Date(this.#timeMsMax).toISOString()}, the latest that is taken`
      : null;
  }
}
