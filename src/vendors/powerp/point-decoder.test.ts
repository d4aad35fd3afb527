import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnreadableAnswer } from "../../transport/errors.ts";
import { PointDecoder, StreamDecoder } from "./point-decoder.ts";
import type { AskedTimes } from "./point-sink.ts";
import { ISSUES_PER_CALL_MAX, type PointColumns } from "./points.ts";

const FROM = Date.UTC(2026, 10, 20);
const RAW: AskedTimes = { fromMs: FROM, toMs: FROM + 1_000, windowMs: null };
const INDEXES = ["1001", "1002", "1003"];
const iso = (timeMs: number): string => new Date(timeMs).toISOString();
const unchanged = (text: string): string => text;

interface DecodedRows {
  readonly points: readonly (readonly [index: string, timeMs: number, value: number])[];
  readonly issues: readonly string[];
  readonly issueCount: number;
  readonly nullCount: number;
}

function decode(rows: readonly unknown[], times: AskedTimes | null = RAW, redact = unchanged): DecodedRows {
  const decoder = new PointDecoder({ databaseId: 123, indexes: INDEXES, times, redact });
  decoder.write(Buffer.from(JSON.stringify(rows)));
  const { points, issues, ...counts } = decoder.end();
  const kinds = issues.map(({ kind, device }) => `${kind} ${device}`);
  return { points: pointsOf(points, INDEXES), issues: kinds, ...counts };
}

function pointsOf(
  { length, positions, timesMs, values }: PointColumns,
  names: readonly string[],
): [string, number, number][] {
  expect([positions.length, timesMs.length, values.length]).toEqual([length, length, length]);
  return Array.from({ length }, (_, at) => [names[positions[at] ?? -1] ?? "", timesMs[at] ?? 0, values[at] ?? 0]);
}

function row(index: unknown, timestamp: unknown, value: unknown): object {
  return { index, timestamp: typeof timestamp === "number" ? iso(timestamp) : timestamp, value };
}

describe("rows of v1", () => {
  test("become points by signal and time, each signal and time once, the last row of it winning", () => {
    const point = fc.record({
      index: fc.constantFrom(...INDEXES),
      afterMs: fc.nat(40),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 200 }), (given) => {
        const expected = new Map<string, [string, number, number]>();
        // Zero has one sign in JSON.
        for (const { index, afterMs, value } of given)
          expected.set(`${index} ${afterMs}`, [index, FROM + afterMs, value + 0]);
        const rows = given.map(({ index, afterMs, value }) => row(index, FROM + afterMs, value));
        const ordered = [...expected.values()].sort((a, b) => a[0].localeCompare(b[0]) || a[1] - b[1]);
        expect(decode(rows)).toEqual({ points: ordered, issues: [], issueCount: 0, nullCount: 0 });
      }),
    );
  });

  test("that grow past every first capacity are all there", () => {
    const rows = Array.from({ length: 5_000 }, (_, at) => row(INDEXES[at % 3], FROM + Math.floor(at / 10), at));
    const { points } = decode(rows);
    expect(new Set(points.map(([index, timeMs]) => `${index} ${timeMs}`)).size).toBe(points.length);
    expect(points.length).toBe(1_500);
  });

  test("without a value are counted, and states are 1 and 0", () => {
    const rows = [row("1001", FROM, null), row("1001", FROM + 1, true), row(1002, FROM, false)];
    expect(decode(rows)).toEqual({
      points: [
        ["1001", FROM + 1, 1],
        ["1002", FROM, 0],
      ],
      issues: [],
      issueCount: 0,
      nullCount: 1,
    });
  });

  test.each<[string, unknown, string]>([
    ["no object", 7, "unreadable_value "],
    ["null", null, "unreadable_value "],
    ["without a signal", { timestamp: iso(FROM), value: 1 }, "unreadable_value "],
    ["of a signal that was not asked for", row("1009", FROM, 1), "unasked_device 123/1009"],
    ["with text for a value", row("1001", FROM, "1.5"), "unreadable_value 123/1001"],
    ["without a value's field", { index: "1001", timestamp: iso(FROM) }, "unreadable_value 123/1001"],
    ["without a zone", row("1001", "2026-11-20T00:00:00", 1), "implausible_time 123/1001"],
    ["with a number for a time", { index: "1001", timestamp: FROM, value: 1 }, "implausible_time 123/1001"],
    ["before what was asked for", row("1001", FROM - 1, 1), "implausible_time 123/1001"],
    ["after what was asked for", row("1001", FROM + 1_001, 1), "implausible_time 123/1001"],
  ])("%s are told as an issue, and cost no other its place", (_name, broken, issue) => {
    expect(decode([row("1002", FROM, 1), broken, row("1003", FROM, 2)])).toEqual({
      points: [
        ["1002", FROM, 1],
        ["1003", FROM, 2],
      ],
      issues: [issue],
      issueCount: 1,
      nullCount: 0,
    });
  });

  test("that are broken by the thousand are counted, and the first are told", () => {
    const broken = Array.from({ length: 1_000 }, () => row("1001", FROM, "n/a"));
    const { issues, issueCount } = decode(broken);
    expect([issues.length, issueCount]).toEqual([ISSUES_PER_CALL_MAX, 1_000]);
  });

  test("that are too large for a number are an issue", () => {
    const decoder = new PointDecoder({ databaseId: 123, indexes: INDEXES, times: RAW, redact: unchanged });
    decoder.write(Buffer.from(`[{"index":"1001","timestamp":"${iso(FROM)}","value":1e999}]`));
    expect(decoder.end()).toMatchObject({ points: { length: 0 }, issueCount: 1 });
  });

  test("that hold what cannot be told as JSON are issues all the same", () => {
    const depth = 100_000;
    const deep = "[".repeat(depth) + "]".repeat(depth);
    const decoder = new PointDecoder({ databaseId: 123, indexes: INDEXES, times: RAW, redact: unchanged });
    decoder.write(Buffer.from(`[${deep},{"index":"1001","timestamp":"${iso(FROM)}","value":${deep}},`));
    decoder.write(Buffer.from(`{"index":"1001","timestamp":"${iso(FROM)}","value":-1e999}]`));
    const { issues, issueCount } = decoder.end();
    expect(issueCount).toBe(3);
    expect(issues.map(({ device }) => device)).toEqual(["", "123/1001", "123/1001"]);
    expect(issues[2]?.original).toContain('"value":"-Infinity"');
  });

  test("on a raw range's very end belong to the next piece, and are no issue", () => {
    expect(decode([row("1001", FROM + 999, 1), row("1001", FROM + 1_000, 2)])).toMatchObject({
      points: [["1001", FROM + 999, 1]],
      issueCount: 0,
    });
  });

  test.each(["null", "7", "{}", '{"points":[]}', '"[]"', "[", "", "[1,]", "<html>"])("are not in %s", (text) => {
    const decoder = new PointDecoder({ databaseId: 123, indexes: INDEXES, times: RAW, redact: unchanged });
    expect(() => {
      decoder.write(Buffer.from(text));
      decoder.end();
    }).toThrow(UnreadableAnswer);
  });

  test("that are told as issues are cleaned of secrets before they are cut", () => {
    const secret = "s".repeat(150);
    const decoder = new PointDecoder({
      databaseId: 123,
      indexes: INDEXES,
      times: RAW,
      redact: (text) => text.replaceAll(secret, "[redacted]"),
    });
    decoder.write(Buffer.from(JSON.stringify([{ note: `${"x".repeat(100)}${secret}` }, row(secret, FROM, 1)])));
    expect(JSON.stringify(decoder.end().issues)).not.toContain("sss");
  });
});

describe("aggregates", () => {
  const times: AskedTimes = { fromMs: FROM + 250, toMs: FROM + 2_500, windowMs: 1_000 };

  test("bear their window's start: the first may lie before the range, and none on its end", () => {
    const rows = [0, 1_000, 2_000, 3_000].map((afterMs) => row("1001", FROM + afterMs, afterMs));
    expect(decode(rows, times)).toMatchObject({
      points: [0, 1_000, 2_000].map((afterMs) => ["1001", FROM + afterMs, afterMs]),
      issueCount: 0,
    });
  });

  test("or their window's end: the last lies on it, and none on its start", () => {
    const rows = [1_000, 2_000, 3_000].map((afterMs) => row("1001", FROM + afterMs, afterMs));
    expect(decode(rows, times)).toMatchObject({
      points: [1_000, 2_000, 3_000].map((afterMs) => ["1001", FROM + afterMs, afterMs]),
      issueCount: 0,
    });
  });
});

describe("rows of v2", () => {
  const FACTS = { plan: "raw", seriesRequested: 2, aggregated: false };

  function decodeStreams(answer: unknown, words = true): unknown {
    const decoder = new StreamDecoder({ databaseId: 123, times: RAW, redact: unchanged, decode: words });
    decoder.write(Buffer.from(JSON.stringify(answer)));
    const { points, streams, ...rest } = decoder.end();
    return {
      points: pointsOf(
        points,
        streams.map(({ streamKey }) => streamKey),
      ),
      streams,
      ...rest,
    };
  }

  test("become points of streams, with the vendor's words beside them in the same order", () => {
    const points = [
      { streamKey: "S1.run", tag: "S1.run", timestamp: iso(FROM + 5), value: 1, decoded: "running" },
      { streamKey: "S1.p", tag: "P", timestamp: iso(FROM), value: 2.5, decoded: null },
      { streamKey: "S1.run", tag: "S1.run", timestamp: iso(FROM), value: 0, decoded: "stopped" },
    ];
    expect(decodeStreams({ query: FACTS, points })).toMatchObject({
      points: [
        ["S1.run", FROM, 0],
        ["S1.run", FROM + 5, 1],
        ["S1.p", FROM, 2.5],
      ],
      streams: [
        { streamKey: "S1.run", tag: "S1.run" },
        { streamKey: "S1.p", tag: "P" },
      ],
      decoded: ["stopped", "running", null],
      query: { seriesRequested: 2, aggregated: false, unresolvedStreamKeys: [] },
      issueCount: 0,
    });
    expect(decodeStreams({ points, query: FACTS }, false)).toMatchObject({ decoded: null });
  });

  test("without a stream's key are of the one that their tag names", () => {
    const points = [{ tag: "P", timestamp: iso(FROM), value: 1 }];
    expect(decodeStreams({ query: FACTS, points })).toMatchObject({ streams: [{ streamKey: "P", tag: "P" }] });
  });

  test("that the vendor could not resolve are issues", () => {
    const query = { ...FACTS, unresolvedStreamKeys: ["S1.gone"] };
    expect(decodeStreams({ query, points: [7] })).toMatchObject({
      issues: [{ kind: "unreadable_value" }, { kind: "unknown_point", device: "123/S1.gone" }],
    });
  });

  test.each([
    null,
    7,
    [],
    {},
    { points: [] },
    { query: FACTS },
    { query: FACTS, points: null },
    { query: 1, points: [] },
  ])("are not in %j", (answer) => {
    expect(() => decodeStreams(answer)).toThrow(UnreadableAnswer);
  });
});
