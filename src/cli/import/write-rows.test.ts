import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RowTally } from "./check.ts";
import { guessPlan } from "./guess.ts";
import { ImportState } from "./import-state.ts";
import { READINGS_PER_REQUEST } from "./line-batch.ts";
import { RowInterpreter } from "./row-interpreter.ts";
import type { Row } from "./rows.ts";
import { takeSample } from "./sample.ts";
import { BadRowMet, type Stored, type WriteOptions, writeRows } from "./write-rows.ts";

const ROWS = 35_000;
const FILE = { path: "/somewhere/log.csv", bytes: 1_000, changedAtMs: 5 };

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-import-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const rowAt = (row: number): Row => ({ line: row + 1, cells: [new Date(row * 1_000).toISOString(), String(row)] });

/** A file of `ROWS` rows, whose value is the row's number, and a server that keeps what it is sent. */
function setting(options: Partial<WriteOptions> & { readonly badRow?: number } = {}) {
  const plan = guessPlan(takeSample("time,v\n1970-01-01T00:00:00.000Z,0\n", true, "log.csv"), {
    columns: new Map(),
    units: new Map(),
    order: null,
    site: "S",
    device: "D",
    deviceDefault: null,
  });
  const interpreter = new RowInterpreter(plan, null, Date.UTC(2026, 0, 1));
  const onServer = new Map<number, number>();
  const stored: Stored = { rows: options.rowsBefore ?? 0, readings: 0 };
  const tally = new RowTally(interpreter);
  async function* rows() {
    for (let from = 0; from < ROWS; from += 7_000) {
      const piece = Array.from({ length: Math.min(7_000, ROWS - from) }, (_, at) => rowAt(from + at + 1));
      yield {
        rows: piece.map((row) => (row.line === (options.badRow ?? -1) ? { line: row.line, reason: "bad" } : row)),
        bytesRead: from,
      };
    }
  }
  const written = writeRows(
    {
      rows: rows(),
      tally,
      series: interpreter.series,
      send: async (lines) => {
        for (const line of Buffer.from(lines).toString().trimEnd().split("\n")) {
          const [, value, timeMs] = /value=(\d+) (\d+)$/.exec(line) ?? [];
          onServer.set(Number(timeMs), Number(value));
        }
      },
      state: null,
      rowsBefore: 0,
      stopsAtBadRow: false,
      progress: { advance() {}, setTotal() {}, note() {}, stop() {} },
      advance() {},
      signal: new AbortController().signal,
      ...options,
    },
    stored,
  );
  return { written, stored, onServer, tally };
}

/** The server has the rows up to this one, each with its own value. */
function expectRows(onServer: ReadonlyMap<number, number>, rows: number): void {
  expect(onServer.size).toBe(rows);
  expect([...onServer].every(([timeMs, value]) => timeMs === value * 1_000 && value >= 1 && value <= rows)).toBe(true);
}

describe("rows on their way", () => {
  test("arrive all, in batches that a request takes", async () => {
    const sizes: number[] = [];
    const { written, stored, tally } = setting({
      send: async (lines) => void sizes.push(Buffer.from(lines).toString().split("\n").length - 1),
    });
    await written;
    expect(stored).toEqual({ rows: ROWS, readings: ROWS });
    expect(tally).toMatchObject({ rows: ROWS, readings: ROWS, badRows: 0 });
    expect(sizes).toEqual([...Array.from({ length: 3 }, () => READINGS_PER_REQUEST), ROWS - 3 * READINGS_PER_REQUEST]);
  });

  test("go on where an earlier run was broken off, and are each there once", async () => {
    const state = new ImportState(FILE, { plan: 1 }, folder);
    const seen = new Map<number, number>();
    let sent = 0;
    const first = setting({
      state,
      send: async (lines) => {
        if (++sent === 3) throw new Error("the line is dead");
        for (const match of Buffer.from(lines)
          .toString()
          .matchAll(/value=(\d+) (\d+)\n/g)) {
          seen.set(Number(match[2]), Number(match[1]));
        }
      },
    });
    await expect(first.written).rejects.toThrow("the line is dead");
    expect(first.stored).toEqual({ rows: 2 * READINGS_PER_REQUEST, readings: 2 * READINGS_PER_REQUEST });
    expectRows(seen, 2 * READINGS_PER_REQUEST);

    const rowsBefore = await new ImportState(FILE, { plan: 1 }, folder).read();
    expect(rowsBefore).toBe(2 * READINGS_PER_REQUEST);
    const second = setting({ state, rowsBefore });
    await second.written;
    expect(second.stored).toEqual({ rows: ROWS, readings: ROWS - rowsBefore });
    for (const [timeMs, value] of second.onServer) {
      expect(seen.has(timeMs)).toBe(false);
      seen.set(timeMs, value);
    }
    expectRows(seen, ROWS);
  });

  test("stop between two batches when told to, and those that were sent count", async () => {
    const stop = new AbortController();
    const { written, stored, onServer } = setting({
      signal: stop.signal,
      advance: ({ rows }) => {
        if (rows >= 2 * READINGS_PER_REQUEST) stop.abort(new Error("stopped"));
      },
    });
    await expect(written).rejects.toThrow("stopped");
    expect(stored.rows).toBeLessThan(ROWS);
    expectRows(onServer, stored.rows);
  });

  test("stop at a bad row of a stream, and leave it out of a file", async () => {
    const stream = setting({ badRow: 25_000, stopsAtBadRow: true });
    await expect(stream.written).rejects.toBeInstanceOf(BadRowMet);
    expect(stream.stored.rows).toBeLessThan(25_000);
    expectRows(stream.onServer, stream.stored.rows);

    const file = setting({ badRow: 25_000 });
    await file.written;
    expect(file.stored).toEqual({ rows: ROWS, readings: ROWS - 1 });
    expect(file.tally).toMatchObject({ badRows: 1, bad: [{ line: 25_000, reason: "bad" }] });
  });
});

describe("how far an import got", () => {
  test("is known of the same file and plan alone", async () => {
    await new ImportState(FILE, { unit: "W" }, folder).keep(5);
    expect(await new ImportState(FILE, { unit: "W" }, folder).read()).toBe(5);
    expect(await new ImportState(FILE, { unit: "kW" }, folder).read()).toBe(0);
    expect(await new ImportState({ ...FILE, bytes: 1_001 }, { unit: "W" }, folder).read()).toBe(0);
    expect(await new ImportState({ ...FILE, changedAtMs: 6 }, { unit: "W" }, folder).read()).toBe(0);
  });

  test("is forgotten", async () => {
    const state = new ImportState(FILE, {}, folder);
    await state.keep(5);
    await state.forget();
    expect(await state.read()).toBe(0);
  });

  test("is not kept where nothing can be written, and that is told", async () => {
    const inTheWay = join(folder, "a-file");
    writeFileSync(inTheWay, "");
    expect(await new ImportState(FILE, {}, join(inTheWay, "imports")).keep(5)).toBe(false);
  });
});
