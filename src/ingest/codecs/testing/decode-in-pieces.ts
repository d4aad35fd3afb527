import { DomainError } from "../../../domain/errors.ts";
import { KeyTable } from "../../../domain/key-table.ts";
import {
  createInfluxLineDecoder,
  createJsonDecoder,
  createNdjsonDecoder,
  createPlaintextDecoder,
  type Decoder,
} from "../decoder.ts";

/** What tests decode with: the text of the key, epoch ms, the value. */
export type Row = readonly [key: string, timeMs: number, value: number];

export const NOW_MS = Date.UTC(2026, 10, 21, 12);

/** Every decoder, at the same moment; line protocol in both its ways. */
export const DECODERS: Readonly<Record<string, (table: KeyTable) => Decoder>> = {
  plaintext: (table) => createPlaintextDecoder(table),
  "line protocol": (table) => createInfluxLineDecoder(table, { nowMs: NOW_MS }),
  "line protocol, texts skipped": (table) => createInfluxLineDecoder(table, { nowMs: NOW_MS, otherFields: "skip" }),
  JSON: (table) => createJsonDecoder(table, { nowMs: NOW_MS }),
  NDJSON: (table) => createNdjsonDecoder(table, { nowMs: NOW_MS }),
};

/** Decodes bytes cut at the places given, which are put in order. */
export function decodeRows(
  create: (table: KeyTable) => Decoder,
  body: string | Uint8Array,
  cuts: readonly number[] = [],
  table = new KeyTable(),
): Row[] {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const decoder = create(table);
  let from = 0;
  for (const to of [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]) {
    // A copy that is overwritten afterwards: a decoder may keep nothing of a chunk.
    const chunk = Uint8Array.from(bytes.subarray(from, to));
    decoder.write(chunk);
    chunk.fill(0x78);
    from = to;
  }
  const { length, keys, timesMs, values } = decoder.end();
  return Array.from({ length }, (_, row) => [
    table.keyText(keys[row] ?? Number.NaN),
    timesMs[row] ?? Number.NaN,
    values[row] ?? Number.NaN,
  ]);
}

/** The rows, or what was refused, in words; throws what is neither. */
export function outcome(
  create: (table: KeyTable) => Decoder,
  body: string | Uint8Array,
  cuts: readonly number[] = [],
  table = new KeyTable(),
): Row[] | string {
  try {
    return decodeRows(create, body, cuts, table);
  } catch (error) {
    if (error instanceof DomainError && /^Malformed(Line|Body)$/.test(error.name)) return error.message;
    throw error;
  }
}

/** A cut behind every byte. */
export function everyCut(body: string | Uint8Array): number[] {
  return Array.from({ length: Buffer.byteLength(body) }, (_, at) => at);
}
