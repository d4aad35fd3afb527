import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyTable } from "../../domain/key-table.ts";
import { DECODER_MEMORY_BYTES, DECODER_MEMORY_FACTOR } from "./decoder.ts";
import { LINE_BYTES_MAX } from "./limits.ts";
import { DECODERS, everyCut, outcome } from "./testing/decode-in-pieces.ts";

const FOLDER = join(import.meta.dirname, "corpus");
const CORPUS = readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file))] as const);
const MEBIBYTE = 1_048_576;
const decoders = Object.entries(DECODERS);
/** What is held between two chunks; the rest of the multiple that is stated is for growing, when old and new are there for a moment. */
const HELD_FACTOR = DECODER_MEMORY_FACTOR / 4;

describe.each(decoders)("hostile bytes as %s", (_format, create) => {
  test.each(CORPUS)("%s gives one answer, however it is cut", (_file, bytes) => {
    const whole = outcome(create, bytes);
    expect(outcome(create, bytes, everyCut(bytes))).toEqual(whole);
    for (let cut = 1; cut < bytes.length; cut += Math.ceil(bytes.length / 40)) {
      expect(outcome(create, bytes, [cut])).toEqual(whole);
    }
    // And the same again where all that it brought is known.
    const table = new KeyTable();
    outcome(create, bytes, [], table);
    expect(outcome(create, bytes, [], table)).toEqual(whole);
  });

  test("any bytes are decoded or refused with their place, and alike however they are cut", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: "binary", maxLength: 100 }).map((text) => Buffer.from(text)),
      fc
        .tuple(fc.constantFrom(...CORPUS), fc.nat(1_000), fc.uint8Array({ maxLength: 3 }))
        .map(([[, bytes], at, put]) => {
          const given = bytes.subarray(0, 2_000);
          const place = at % (given.length + 1);
          return Buffer.concat([given.subarray(0, place), put, given.subarray(place + (at % 3))]);
        }),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(300), { maxLength: 5 }), (body, cuts) => {
        expect(outcome(create, body, cuts)).toEqual(outcome(create, body));
      }),
      { numRuns: 300 },
    );
  });

  // Anything worse than linear would take minutes here.
  test("twice the longest line of one thing again and again is soon done with", () => {
    const things = [
      "\n",
      " ",
      "9",
      "\\",
      '"',
      ",",
      "=",
      "{",
      "[",
      "#",
      "\u0000",
      "é",
      "1 ",
      "a=",
      '{"readings":',
      '\\"',
      "m v=1\n",
      'm v=1,s="',
      "1 a 1\n",
      "\r",
    ];
    const before = ["", "m v=", 'm v=1,s="', '{"readings":[', '{"readings":[{"value":', '{"metricId":"', "1 a "];
    for (const thing of things) {
      for (const start of before) {
        const body = Buffer.from(start + thing.repeat(Math.ceil((2 * LINE_BYTES_MAX) / thing.length)));
        outcome(create, body);
        outcome(
          create,
          body,
          Array.from({ length: Math.ceil(body.length / 997) }, (_, index) => index * 997),
        );
      }
    }
  });
});

test.each([
  ["plaintext", (name: string, index: number) => `${index} ${name} ${index}.5\n`, (text: string) => text],
  ["line protocol", (name: string, index: number) => `${name} v=${index},w=2 ${index}000000\n`, (text: string) => text],
  [
    "NDJSON",
    (name: string, index: number) => `{"metricId":"${name}","time":${index},"value":1}\n`,
    (text: string) => text,
  ],
  [
    "JSON",
    (name: string, index: number) => `,{"metricId":"${name}","time":${index},"value":1}`,
    (text: string) => `{"readings":[${text.slice(1)}]}`,
  ],
] as const)("two bodies of %s that come at once share a table and no reading", (format, element, whole) => {
  const names = fc.array(fc.constantFrom("a", "b", "ab", "abc", "b1"), { minLength: 1, maxLength: 20 });
  const create = DECODERS[format];
  if (!create) throw new RangeError(format);
  const table = new KeyTable();
  fc.assert(
    fc.property(names, names, fc.integer({ min: 1, max: 60 }), (left, right, step) => {
      const bodies = [left, right].map((wanted) => Buffer.from(whole(wanted.map(element).join(""))));
      const both = bodies.map(() => create(table));
      for (let from = 0; bodies.some((body) => from < body.length); from += step) {
        for (const [index, body] of bodies.entries()) both[index]?.write(body.subarray(from, from + step));
      }
      const rows = both.map((decoder) => {
        const { length, keys, timesMs, values } = decoder.end();
        return Array.from({ length }, (_, row) => [table.keyText(keys[row] ?? -1), timesMs[row], values[row]]);
      });
      expect(rows).toEqual(bodies.map((body) => outcome(create, body)));
    }),
  );
});

describe("memory", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  function bytesInUse(): number {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }

  const repeated = (element: string, join = "") =>
    Array.from({ length: MEBIBYTE / 2 / element.length }, () => element).join(join);
  const names = Array.from({ length: 40_000 }, (_, index) => index.toString(36));
  test.each([
    ["plaintext", repeated("0 a 1\n")],
    ["plaintext", names.map((name) => `0 ${name} 1\n`).join("")],
    ["line protocol", repeated("m a=1\n")],
    ["line protocol", `${`m ${repeated("a=1", ",").slice(0, 60_000)}`.replace(/,?[a=]*$/, "")}\n`.repeat(10)],
    ["line protocol", names.map((name) => `${name} a=1\n`).join("")],
    ["JSON", `{"readings":[${names.map((name) => `{"metricId":"${name}","time":1,"value":1}`).join()}`],
    ["NDJSON", names.map((name) => `{"metricId":"${name}","time":1,"value":1}\n`).join("")],
    ["NDJSON", " ".repeat(60_000)],
  ])("%s holds no more than its multiple of %.20j…", (format, body) => {
    const create = DECODERS[format];
    if (!create) throw new RangeError(format);
    const bytes = Buffer.from(body);
    const table = new KeyTable();
    const before = bytesInUse();
    const decoder = create(table);
    for (let from = 0; from < bytes.length; from += 65_536) decoder.write(bytes.subarray(from, from + 65_536));
    const taken = bytesInUse() - before;
    expect(taken).toBeLessThan(HELD_FACTOR * bytes.length + DECODER_MEMORY_BYTES);
    expect([decoder, table]).toHaveLength(2);
  });

  test("line protocol's new keys are a bounded multiple of the bytes that bring them", () => {
    const fields = (count: number) => Array.from({ length: count }, (_, index) => `${index.toString(36)}=1`).join();
    const body = `m,t=${"x".repeat(3_990)} ${fields(5_000)}\n`;
    const create = DECODERS["line protocol"];
    if (!create) throw new RangeError("line protocol");
    const table = new KeyTable();
    expect(outcome(create, body, [], table)).toMatch(/^line 1: has too many new fields/);
    expect(table.size).toBeLessThan((16 * body.length + 262_144) / 3_990);
    expect(outcome(create, body, everyCut(body))).toMatch(/^line 1: has too many new fields/);
  });
});
