import type { KeyedColumns } from "../../domain/keyed-columns.ts";
import type { InfluxPrecision } from "./precision.ts";

/**
 * Bytes in, columns out; chunks may be cut anywhere, also within a character. A chunk is read before `write` returns and may be reused.
 * Nothing of a body may be used unless `end` returned. After it threw, a decoder is of no use.
 * Memory: at most `DECODER_MEMORY_FACTOR` times the bytes written, and `DECODER_MEMORY_BYTES` (new keys in the table included).
 */
export interface Decoder {
  /** @throws MalformedLine, or for JSON MalformedBody, as soon as a line or element is complete that cannot be taken. */
  write(chunk: Uint8Array): void;
  /** @throws MalformedLine, or for JSON MalformedBody. */
  end(): KeyedColumns;
}

export const DECODER_MEMORY_FACTOR = 80;
export const DECODER_MEMORY_BYTES = 1_048_576;

export interface DecoderOptions {
  /** 1 to `READINGS_PER_REQUEST_MAX`, which is what it is unless set. */
  readonly readingsMax?: number;
  /** Bytes that are said to come, as by `Content-Length`; believed up to a mebibyte. Saves copies, changes nothing else. */
  readonly bytesExpected?: number;
}

export interface TimedOptions extends DecoderOptions {
  /** The server's clock, epoch ms: the time of a line that has none, and what "the future" is measured from. */
  readonly nowMs: number;
  /** Latest time that is taken, epoch ms, inclusive; `nowMs + FUTURE_MS_MAX` unless set. */
  readonly timeMsMax?: number;
}

export interface InfluxLineOptions extends TimedOptions {
  /** Unit of the timestamps; `ns` unless set. Finer than ms is floored to ms. */
  readonly precision?: InfluxPrecision;
  /** What a string or boolean field does: `refuse` its line (unless set), or `skip` it, as long as the line has a number too. */
  readonly otherFields?: "refuse" | "skip";
}

export { describeInfluxKey, type InfluxKey } from "./influx-key.ts";
export { createInfluxLineDecoder } from "./influx-line.ts";
export { createJsonDecoder } from "./json.ts";
export { describeJsonKey, type JsonKey } from "./json-key.ts";
export { createNdjsonDecoder } from "./ndjson.ts";
export { createPlaintextDecoder } from "./plaintext.ts";
export { type InfluxPrecision, parseInfluxPrecision } from "./precision.ts";
