import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyTable } from "../../domain/key-table.ts";
import { createJsonDecoder, createNdjsonDecoder, describeJsonKey, type JsonKey, type TimedOptions } from "./decoder.ts";
import { FUTURE_MS_MAX, LINE_BYTES_MAX } from "./limits.ts";
import { MalformedBody } from "./malformed-body.ts";
import { decodeRows, everyCut, NOW_MS, outcome, type Row } from "./testing/decode-in-pieces.ts";
import { referenceReadings } from "./testing/json-reference.ts";

const json =
  (options: Partial<TimedOptions> = {}) =>
  (table: KeyTable) =>
    createJsonDecoder(table, { nowMs: NOW_MS, ...options });
const ndjson =
  (options: Partial<TimedOptions> = {}) =>
  (table: KeyTable) =>
    createNdjsonDecoder(table, { nowMs: NOW_MS, ...options });
const body = (...readings: readonly string[]) => `{"readings":[${readings.join(",")}]}`;
const A: Row = ["m:a", 5, 1.5];

function refusalOf(text: string): MalformedBody {
  try {
    decodeRows(json(), text);
  } catch (error) {
    if (error instanceof MalformedBody) return error;
  }
  throw new Error("it was not refused");
}

describe("JSON readings", () => {
  test.each<[string, string, Row[]]>([
    ["a metric's", `{"metricId":"a","time":5,"value":1.5}`, [A]],
    ["a device's", `{"deviceId":"x","name":"active power","time":5,"value":1.5}`, [["d:x\u001factive power", 5, 1.5]]],
    ["any order", `{"value":1.5,"time":5,"metricId":"a"}`, [A]],
    ["blanks everywhere", ` \t{ "metricId" :\n"a" ,\r"time": 5 , "value" : 1.5 } `, [A]],
    [
      "escapes in names and texts",
      String.raw`{"m\u0065tricId":"\u0061","t\u0069me":"1970-01-01T00:00:00.005\u005A","value":15e-1}`,
      [A],
    ],
    ["a time as text", `{"metricId":"a","time":"1970-01-01T01:00:00.005+01:00","value":1.5}`, [A]],
    ["a time as any whole number", `{"metricId":"a","time":0.5e1,"value":1.5}`, [A]],
    ["surrogate pairs", String.raw`{"metricId":"\ud83d\ude00","time":5,"value":1.5}`, [["m:😀", 5, 1.5]]],
    [
      "every escape that is no control character",
      String.raw`{"metricId":"\"\\\/","time":5,"value":1.5}`,
      [['m:"\\/', 5, 1.5]],
    ],
    [
      "readings alike, one after another",
      `{"metricId":"a","time":5,"value":1.5},{"metricId":"b","time":6,"value":-2}, {"metricId":"a","time":7,"value":1e3}`,
      [A, ["m:b", 6, -2], ["m:a", 7, 1_000]],
    ],
    ["no reading", "", []],
  ])("takes %s", (_case, readings, wanted) => {
    expect(decodeRows(json(), body(readings))).toEqual(wanted);
    expect(decodeRows(json(), body(readings), everyCut(body(readings)))).toEqual(wanted);
  });

  test.each([
    [
      "another member",
      `{"metricId":"a","time":5,"value":1.5,"unit":"W"}`,
      "readings.1",
      /member "unit", which no reading has/,
    ],
    ["a member twice", `{"metricId":"a","time":5,"time":5,"value":1.5}`, "readings.1.time", /is there twice/],
    ["no time", `{"metricId":"a","value":1.5}`, "readings.1", /has no time/],
    ["no value", `{"metricId":"a","time":5}`, "readings.1", /has no value/],
    ["no series", `{"time":5,"value":1.5}`, "readings.1", /has no metricId/],
    ["nothing at all", "{}", "readings.1", /has no metricId/],
    ["a device without a name", `{"deviceId":"a","time":5,"value":1.5}`, "readings.1", /has no name/],
    ["a name without a device", `{"name":"a","time":5,"value":1.5}`, "readings.1", /has no deviceId/],
    ["a metric and a device", `{"metricId":"a","name":"b","time":5,"value":1.5}`, "readings.1", /beside it/],
    ["an empty id", `{"metricId":"","time":5,"value":1.5}`, "readings.1.metricId", /is empty/],
    [
      "an id that is too long",
      `{"metricId":"${"x".repeat(65)}","time":5,"value":1.5}`,
      "readings.1.metricId",
      /longer than 64 bytes/,
    ],
    [
      "a name that is too long",
      `{"deviceId":"a","name":"${"ä".repeat(64)}x","time":5,"value":1.5}`,
      "readings.1.name",
      /longer than 128 bytes/,
    ],
    [
      "an id that is far too long",
      String.raw`{"metricId":"\u0061${"x".repeat(5_000)}","time":5,"value":1.5}`,
      "readings.1.metricId",
      /longer than 64 bytes/,
    ],
    [
      "a control character",
      String.raw`{"metricId":"\u0007","time":5,"value":1.5}`,
      "readings.1.metricId",
      /control character/,
    ],
    ["half of a surrogate pair", String.raw`{"metricId":"\ud83dx","time":5,"value":1.5}`, "readings.1", /surrogate/],
    ["an id that is no text", `{"metricId":7,"time":5,"value":1.5}`, "readings.1.metricId", /is not a text/],
    ["a value that is a text", `{"metricId":"a","time":5,"value":"1.5"}`, "readings.1.value", /is not a number/],
    ["a value that is null", `{"metricId":"a","time":5,"value":null}`, "readings.1.value", /is not a number/],
    ["a value that overflows", `{"metricId":"a","time":5,"value":1e999}`, "readings.1.value", /not a finite number/],
    [
      "something nested",
      `{"metricId":"a","time":5,"value":${"[".repeat(50_000)}`,
      "readings.1.value",
      /is not a number/,
    ],
    ["a time before 1970", `{"metricId":"a","time":-1,"value":1.5}`, "readings.1.time", /before 1970/],
    [
      "a text before 1970",
      `{"metricId":"a","time":"1969-12-31T23:59:59Z","value":1.5}`,
      "readings.1.time",
      /before 1970/,
    ],
    ["a fraction of a millisecond", `{"metricId":"a","time":5.5,"value":1.5}`, "readings.1.time", /whole number/],
    [
      "a time without a zone",
      `{"metricId":"a","time":"2026-01-01T00:00:00","value":1.5}`,
      "readings.1.time",
      /with a zone/,
    ],
    [
      "a time too far ahead",
      `{"metricId":"a","time":${NOW_MS + FUTURE_MS_MAX + 1},"value":1.5}`,
      "readings.1.time",
      /lies after 2026-11-22/,
    ],
    ["what is no object", "7", "readings.1", /not an object/],
  ])("refuses %s, naming the place", (_case, reading, path, reason) => {
    const text = body(`{"metricId":"a","time":5,"value":1.5}`, reading);
    const refusal = refusalOf(text);
    expect([refusal.path, refusal.isReadable]).toEqual([path, true]);
    expect(refusal.reason).toMatch(reason);
    if (text.length < 10_000) expect(outcome(json(), text, everyCut(text))).toBe(refusal.message);
  });

  test.each([
    ["", ""],
    [" ", ""],
    ["[]", ""],
    ["{", ""],
    ['{"readings"', ""],
    ['{"readings" []}', ""],
    ['{"readings":[', ""],
    ['{"readings":[]', ""],
    ['{"readings":[]}}', ""],
    ['{"readings":[],}', ""],
    ['\ufeff{"readings":[]}', ""],
    [body('{"metricId":"a","time":5,"value":1.5}', ""), "readings.1"],
    [body('{"metricId":"a" "time":5,"value":1.5}'), "readings.0"],
    [body('{"metricId":"a","time":5,"value":01}'), "readings.0.value"],
    [body('{"metricId":"a","time":5,"value":1.}'), "readings.0.value"],
    [body('{"metricId":"a","time":05,"value":1}'), "readings.0.time"],
    [body('{"metricId":"a","time":5,"value":1,}'), "readings.0"],
    [body('{"metricId":"a\n","time":5,"value":1}'), "readings.0"],
    [body(String.raw`{"metricId":"\x61","time":5,"value":1}`), "readings.0"],
    [body(String.raw`{"metricId":"\u00g1","time":5,"value":1}`), "readings.0"],
    [body("{'metricId':1}"), "readings.0"],
  ])("refuses %j at %j", (text, path) => {
    expect(refusalOf(text).path).toBe(path);
    expect(outcome(json(), text, everyCut(text))).toBe(refusalOf(text).message);
  });

  test.each([
    ["{}", "", /has no readings/],
    ['{"metrics":[]}', "", /member "metrics"; there is only readings/],
    ['{"readings":{}}', "readings", /is not an array/],
    ['{"readings":[],"readings":[]}', "readings", /is there twice/],
    ['{"readings":[],"more":1}', "", /member "more"/],
  ])("%s is readable, but wrong", (text, path, reason) => {
    const refusal = refusalOf(text);
    expect([refusal.path, refusal.isReadable]).toEqual([path, true]);
    expect(refusal.message).toMatch(reason);
  });

  test("refuses bytes that are not UTF-8", () => {
    const text = body('{"metricId":"a?","time":5,"value":1}');
    const bytes = Buffer.from(text);
    bytes[text.indexOf("?")] = 0xc3;
    expect(() => decodeRows(json(), bytes)).toThrow("readings.0.metricId: is not UTF-8 text");
  });

  test("a reading, its id and its name are taken to their limits", () => {
    const reading = `{"deviceId":"${"i".repeat(64)}","name":"${"ä".repeat(64)}","time":5,"value":1}`;
    const fits = reading.replace("{", `{${" ".repeat(LINE_BYTES_MAX - Buffer.byteLength(reading))}`);
    for (const cuts of [[], [LINE_BYTES_MAX - 1], [LINE_BYTES_MAX + 10], [10, 20, 40_000]]) {
      expect(decodeRows(json(), body(reading, fits), cuts)).toHaveLength(2);
      expect(outcome(json(), body(reading, fits.replace("{", "{ ")), cuts)).toBe(
        "readings.1: is longer than 65536 bytes",
      );
      expect(decodeRows(ndjson(), `${fits}\n${fits}`, cuts)).toHaveLength(2);
      expect(outcome(ndjson(), `${fits}\n${fits} \n`, cuts)).toBe("line 2: is longer than 65536 bytes");
    }
  });

  test("readings and keys are taken to their limits", () => {
    const readings = ["a", "b", "a"].map((id) => `{"metricId":"${id}","time":5,"value":1}`);
    expect(decodeRows(json({ readingsMax: 3 }), body(...readings))).toHaveLength(3);
    expect(() => decodeRows(json({ readingsMax: 2 }), body(...readings))).toThrow(
      "readings.2: is one reading more than the 2",
    );
    expect(() => decodeRows(ndjson({ readingsMax: 2 }), readings.join("\n"))).toThrow(
      "line 3: is one reading more than the 2",
    );
    expect(decodeRows(json(), body(...readings), [], new KeyTable({ keysMax: 2 }))).toHaveLength(3);
    expect(() => decodeRows(json(), body(...readings), [], new KeyTable({ keysMax: 1 }))).toThrow(
      "readings.1: names one series more",
    );
  });

  test("a time is taken to its bound", () => {
    const latestMs = NOW_MS + FUTURE_MS_MAX;
    const at = (time: string) => body(`{"metricId":"a","time":${time},"value":1}`);
    expect(decodeRows(json(), at(`${latestMs}`))).toEqual([["m:a", latestMs, 1]]);
    expect(decodeRows(json(), at(`"${new Date(latestMs).toISOString()}"`))).toEqual([["m:a", latestMs, 1]]);
    expect(() => decodeRows(json(), at(`"${new Date(latestMs + 1).toISOString()}"`))).toThrow(
      "readings.0.time: lies after",
    );
    expect(decodeRows(json({ timeMsMax: 0 }), at("0"))).toHaveLength(1);
    expect(() => decodeRows(json({ timeMsMax: 0 }), at("1"))).toThrow("readings.0.time: lies after");
  });
});

describe("NDJSON readings", () => {
  test("are one a line, blank lines apart", () => {
    const text = `{"metricId":"a","time":5,"value":1.5}\r\n\n \t\n {"metricId":"b","time":6,"value":2} \n{"metricId":"b","time":6,"value":2}`;
    const wanted = [A, ["m:b", 6, 2], ["m:b", 6, 2]];
    expect(decodeRows(ndjson(), text)).toEqual(wanted);
    expect(decodeRows(ndjson(), text, everyCut(text))).toEqual(wanted);
    expect(decodeRows(ndjson(), "")).toEqual([]);
  });

  test.each([
    [`{"metricId":"a","time":5,\n"value":1}`, "line 1: ends before its reading does"],
    [`{"metricId":"a","time":5,"value":1} {"metricId":"a","time":5,"value":1}`, "line 1: goes on behind its reading"],
    [`\n{"metricId":"a","time":5,"value":true}`, "line 2: value: is not a number"],
    [`\n\n{"metricId":"a","time":5,"value":1,"x":2}`, 'line 3: has a member "x", which no reading has'],
    [`{"metricId":"a","time":5,"value":1}\n[1]`, "line 2: is not an object"],
    [`{"metricId":"a","time":5,"value":1}x`, "line 1: goes on behind its reading"],
  ])("%j is refused: %s", (text, message) => {
    expect(outcome(ndjson(), text)).toBe(message);
    expect(outcome(ndjson(), text, everyCut(text))).toBe(message);
    expect(outcome(ndjson(), `${text}\n`)).toBe(message);
  });
});

const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((text) => !/\p{Cc}/u.test(text));
const reading = fc.record({
  key: fc.oneof(fc.record({ metricId: id }), fc.record({ deviceId: id, name: id })),
  time: fc
    .integer({ min: 0, max: NOW_MS })
    .chain((timeMs) => fc.constantFrom<[unknown, number]>([timeMs, timeMs], [new Date(timeMs).toISOString(), timeMs])),
  value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  order: fc.constantFrom(0, 0, 0, 1, 2),
  indent: fc.constantFrom(0, 0, 0, 2),
});

test("what is written comes out again, wherever chunks are cut", () => {
  const tables = [new KeyTable(), new KeyTable()] as const;
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 10 }), fc.array(fc.nat(1_000), { maxLength: 8 }), (wanted, cuts) => {
      const texts = wanted.map(({ key, time, value, order, indent }) => {
        const members = Object.entries({ ...key, time: time[0], value });
        return JSON.stringify(Object.fromEntries([...members.slice(order), ...members.slice(0, order)]), null, indent);
      });
      const rows = wanted.map(({ key, time, value }): [JsonKey, number, number] => [key, time[1], value]);
      const described = (decoded: readonly Row[]) =>
        decoded.map(([key, timeMs, value]) => [describeJsonKey(key), timeMs, value]);
      expect(described(decodeRows(json(), body(...texts), cuts, tables[0]))).toEqual(rows);
      const lines = texts.map((text) => text.replaceAll("\n", " ")).join("\n");
      expect(described(decodeRows(ndjson(), lines, cuts, tables[1]))).toEqual(rows);
    }),
    { numRuns: 500 },
  );
});

test("takes and refuses what JSON.parse and a look at the object take and refuse", () => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "\n",
    '"',
    "\\",
    "1",
    "-1.5",
    "1e2",
    "01",
    "null",
    "true",
    '"a"',
    '"time"',
    '"value"',
    '"metricId"',
    '"name"',
    '"deviceId"',
    '"readings"',
    '{"metricId":"a","time":5,"value":1}',
    ',{"value":2e0,"metricId":"\\u0061b","time":"2026-01-01T00:00:00Z"}',
    '"\\ud83d"',
    '"\\ud83d\\ude00"',
    "\u0001",
    "é",
  );
  const valid = body(
    '{"metricId":"a","time":5,"value":1.5}',
    ' {"deviceId":"d","name":"n","time":"2026-01-01T00:00Z","value":-0}',
  );
  const mutated = fc
    .array(fc.tuple(fc.nat(valid.length), fc.nat(3), pieces), { minLength: 1, maxLength: 3 })
    .map((edits) =>
      edits.reduce((text, [at, removed, piece]) => text.slice(0, at) + piece + text.slice(at + removed), valid),
    );
  const text = fc.oneof(
    mutated,
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.array(pieces, { maxLength: 6 }).map((parts) => body(parts.join(""))),
  );
  fc.assert(
    fc.property(text, fc.array(fc.nat(120), { maxLength: 4 }), (given, cuts) => {
      const decoded = outcome(json(), given, cuts);
      expect(decoded).toEqual(outcome(json(), given));
      // JSON.parse keeps the last of two members; here both are refused.
      if (typeof decoded === "string" && decoded.endsWith("is there twice")) return;
      const wanted = referenceReadings(given, NOW_MS + FUTURE_MS_MAX);
      if (wanted === null) expect(decoded).toBeTypeOf("string");
      else expect(decoded).toEqual(wanted);
    }),
    { numRuns: 3_000 },
  );
});
