import { createKeyedColumnsBuilder, type KeyedColumnsBuilder } from "../../domain/keyed-columns.ts";
import type { DecoderOptions } from "./decoder.ts";
import { READINGS_PER_REQUEST_MAX } from "./limits.ts";

/** A sender's word for how much will come is worth room for this much. */
const BYTES_BELIEVED_MAX = 1_048_576;

export function readingsMaxOf(options: DecoderOptions): number {
  return Math.min(options.readingsMax ?? READINGS_PER_REQUEST_MAX, READINGS_PER_REQUEST_MAX);
}

/** A builder with room for what is said to come, at so many bytes for a short reading. */
export function rowsFor(options: DecoderOptions, bytesPerReading: number): KeyedColumnsBuilder {
  const said = options.bytesExpected ?? 0;
  const bytes = Number.isNaN(said) ? 0 : Math.min(said, BYTES_BELIEVED_MAX);
  return createKeyedColumnsBuilder(Math.ceil(bytes / bytesPerReading), readingsMaxOf(options));
}
