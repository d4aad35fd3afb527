import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { VendorAuthRejected, VendorRefused, VendorUnavailable } from "../../transport/errors.ts";
import { CallWatch } from "../call-watch.ts";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import type { Progress } from "../progress.ts";
import { type DownloadSums, download, FAILURES_IN_A_ROW_MAX, type PieceBatch } from "./download.ts";
import { DownloadFile, progressPath } from "./download-file.ts";
import type { DownloadRequest } from "./journal.ts";
import { Pace } from "./pace.ts";

const HEADER = "index,timestamp,value\r\n";
const REQUEST: DownloadRequest = { call: "query", "--agg": "mean" };
const FACTS = { status: 503, attempts: 4, requestId: null, body: null };
const SILENT: Progress = { advance() {}, setTotal() {}, note() {}, stop() {} };

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kilowatch-download-"));
  path = join(folder, "points.csv");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Setting {
  readonly pieces?: number;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly request?: DownloadRequest;
  /** Pieces that fail for good. */
  readonly failing?: (piece: number) => boolean;
  readonly failure?: () => Error;
  /** Whether a failure is thrown, as one that meets every call is, rather than told with the piece. */
  readonly thrown?: boolean;
  /** The run is interrupted once so many pieces were asked for. */
  readonly stopAfter?: number;
  readonly onProgress?: (done: number, leftMs: number) => void;
}

/** A run of the program over a made-up vendor; tells which pieces it asked for. */
async function run(setting: Setting = {}): Promise<DownloadSums & { readonly asked: readonly number[] }> {
  const { pieces = 4, resume = false, overwrite = false, request = REQUEST, failing = () => false } = setting;
  const sink = await DownloadFile.open({ path, header: HEADER, request, resume, overwrite });
  const stop = new AbortController();
  const asked: number[] = [];
  let nowMs = 0;
  async function* batches(): AsyncGenerator<PieceBatch> {
    for (let piece = 0; piece < pieces; piece++) {
      if (sink.has(`piece ${piece}`)) continue;
      if (asked.length === setting.stopAfter) stop.abort(new Error("stopped"));
      stop.signal.throwIfAborted();
      asked.push(piece);
      nowMs += 100;
      const failure = failing(piece)
        ? (setting.failure?.() ?? new VendorUnavailable("The vendor is down.", FACTS))
        : null;
      if (failure && setting.thrown) throw failure;
      yield {
        piece: { key: `piece ${piece}`, fromMs: (pieces - piece - 1) * 1_000, toMs: (pieces - piece) * 1_000 },
        points: { length: failure ? 0 : rowsOf(piece).length },
        issues: [],
        issueCount: 0,
        nullCount: 0,
        failure: failure as PieceBatch["failure"],
      };
    }
  }
  const sums = await download({
    batches: batches(),
    sink,
    textOf: ({ piece }) => rowsOf(Number(piece.key.slice("piece ".length))),
    nameOf: ({ key }) => key,
    pace: new Pace({ pieces, spanMs: pieces * 50 }, () => nowMs),
    progress: { ...SILENT, advance: (done, leftMs) => setting.onProgress?.(done, leftMs) },
    watch: new CallWatch({ baseUrl: "http://vendor", credential: "the secret", note: () => {} }),
    signal: stop.signal,
  });
  return { ...sums, asked };
}

function rowsOf(piece: number): string[] {
  return Array.from({ length: piece + 1 }, (_, row) => `${piece},2026-11-20T00:00:00.000Z,${row}\r\n`);
}

/** The output holds the header and every row of all the pieces, each once. */
async function expectWhole(pieces = 4): Promise<void> {
  const lines = (await readFile(path, "utf8")).split(/(?<=\r\n)/);
  const rows = Array.from({ length: pieces }, (_, piece) => rowsOf(piece)).flat();
  expect(lines[0]).toBe(HEADER);
  expect(lines.slice(1).toSorted()).toEqual(rows.toSorted());
  await expect(stat(progressPath(path))).rejects.toThrow("ENOENT");
}

describe("a download", () => {
  test("that is never stopped: every row once, and no progress file is left", async () => {
    const sums = await run();
    await expectWhole();
    expect(sums).toMatchObject({ complete: true, points: 10, pieces: { planned: 4, earlier: 0, done: 4, failed: 0 } });
  });

  test("that is interrupted goes on with what lacks, and nothing else", async () => {
    const first = await run({ stopAfter: 2 });
    expect(first).toMatchObject({ complete: false, interrupted: true, pieces: { done: 2 } });
    expect((await stat(progressPath(path))).mode & 0o777).toBe(0o600);
    const second = await run({ resume: true });
    expect(second.asked).toEqual([2, 3]);
    expect(second).toMatchObject({ complete: true, points: 10, pieces: { earlier: 2, done: 2 } });
    await expectWhole();
  });

  test("with pieces that failed: they are told, and --resume asks for just these", async () => {
    const first = await run({ failing: (piece) => piece === 1 });
    expect(first).toMatchObject({ complete: false, interrupted: false, pieces: { done: 3, failed: 1 } });
    expect(first.failures).toEqual([{ piece: "piece 1", error: "VendorUnavailable", message: "The vendor is down." }]);
    expect((await run({ resume: true })).asked).toEqual([1]);
    await expectWhole();
  });

  test("that was killed after its last piece asks for nothing more", async () => {
    const sink = await DownloadFile.open({ path, header: HEADER, request: REQUEST, resume: false, overwrite: false });
    for (const piece of [0, 1, 2, 3]) await sink.add(`piece ${piece}`, rowsOf(piece), piece + 1);
    await sink.close(false);
    expect(await run({ resume: true })).toMatchObject({ asked: [], complete: true, points: 10 });
    await expectWhole();
  });

  test("whose credential is refused on the way ends, and can go on", async () => {
    const failure = (): Error => new VendorAuthRejected("Refused.", FACTS);
    const refused = run({ failing: (piece) => piece === 2, failure, thrown: true });
    await expect(refused).rejects.toThrow(new CommandFailed("Refused. Check the secret; nothing more was sent."));
    expect((await run({ resume: true })).asked).toEqual([2, 3]);
    await expectWhole();
  });

  test("that cannot even be cut into calls ends in words, and leaves nothing behind", async () => {
    const failure = (): Error => new VendorRefused("Nothing is selected.", FACTS, "nothing_selected", null);
    const refused = run({ failing: () => true, failure, thrown: true });
    await expect(refused).rejects.toThrow(new CommandFailed("Nothing is selected; the address was http://vendor"));
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });

  test("whose first call is refused for the address ends at once and leaves nothing behind", async () => {
    const failure = (): Error => new VendorRefused("No such path (HTTP 404).", { ...FACTS, status: 404 }, null, null);
    await expect(run({ failing: () => true, failure })).rejects.toThrow("the address was http://vendor");
    await expect(stat(path)).rejects.toThrow("ENOENT");
    await expect(stat(progressPath(path))).rejects.toThrow("ENOENT");
  });

  test(`gives up after ${FAILURES_IN_A_ROW_MAX} failures in a row, not one before`, async () => {
    const pieces = FAILURES_IN_A_ROW_MAX + 5;
    const most = await run({ pieces, failing: (piece) => piece > 0 && piece < FAILURES_IN_A_ROW_MAX });
    expect(most).toMatchObject({ gaveUp: false, pieces: { failed: FAILURES_IN_A_ROW_MAX - 1 } });
    const all = await run({ pieces, overwrite: true, failing: (piece) => piece > 0 });
    expect(all).toMatchObject({ gaveUp: true, complete: false, pieces: { done: 1, failed: FAILURES_IN_A_ROW_MAX } });
    await run({ pieces, resume: true });
    await expectWhole(pieces);
  });

  test("whose calls are no longer those of the earlier run says so instead of doubling points", async () => {
    await run({ pieces: 4, stopAfter: 3 });
    await expect(run({ pieces: 2, resume: true })).rejects.toThrow(/signals have changed.*--overwrite/);
  });

  test("shows pieces and the time left: the plan's at first, then its own pace", async () => {
    const shown: [number, number][] = [];
    await run({ onProgress: (done, leftMs) => shown.push([done, leftMs]) });
    expect(shown).toEqual([
      [0, 200],
      [1, 300],
      [2, 200],
      [3, 100],
      [4, 0],
    ]);
  });
});

describe("what is there already is never replaced silently", () => {
  test("an unfinished download", async () => {
    await run({ stopAfter: 2 });
    await expect(run()).rejects.toThrow(/unfinished download: go on with it by --resume, or begin anew by --overwrite/);
    expect((await run({ overwrite: true })).asked).toEqual([0, 1, 2, 3]);
    await expectWhole();
  });

  test("a finished one, whether to begin or to go on", async () => {
    await run();
    await expect(run()).rejects.toThrow(BadUse);
    await expect(run({ resume: true })).rejects.toThrow(/it is complete, or no download/);
    await expectWhole();
    await run({ overwrite: true });
    await expectWhole();
  });

  test("a download with another request, whose difference is named", async () => {
    await run({ stopAfter: 2 });
    const other = run({ resume: true, request: { ...REQUEST, "--agg": "max" } });
    await expect(other).rejects.toThrow(/--agg was mean, not max/);
    await run({ resume: true });
    await expectWhole();
  });

  test("to go on where nothing was begun is to begin", async () => {
    expect((await run({ resume: true })).asked).toEqual([0, 1, 2, 3]);
    await expectWhole();
  });

  test("another program that writes to the same file is noticed", async () => {
    const sink = await DownloadFile.open({ path, header: HEADER, request: REQUEST, resume: false, overwrite: false });
    await sink.add("piece 0", ["a"], 1);
    await appendFile(path, "foreign");
    await expect(sink.add("piece 1", ["b"], 1)).rejects.toThrow(/Another program has changed/);
    await sink.close(false);
  });

  test("a folder that takes no file: said, and nothing is left open", async () => {
    path = join(folder, "missing", "points.csv");
    await expect(run()).rejects.toThrow(CommandFailed);
  });
});

describe("a kill at any moment: the next run brings every row exactly once", () => {
  test("while the progress file was written, at each of its bytes", async () => {
    await run({ stopAfter: 2 });
    const [output, progress] = [await readFile(path), await readFile(progressPath(path))];
    const firstLine = progress.indexOf("\n") + 1;
    for (let at = firstLine; at <= progress.length; at++) {
      await writeFile(path, output);
      await writeFile(progressPath(path), progress.subarray(0, at));
      const lines = progress.toString("utf8", 0, at).split("\n").length - 2;
      expect((await run({ resume: true })).asked).toHaveLength(4 - lines);
      await expectWhole();
      await rm(path);
    }
  });

  test("while the first line of the progress file was written: there is no output yet", async () => {
    await run({ stopAfter: 3 });
    const progress = await readFile(progressPath(path));
    for (let at = 0; at < progress.indexOf("\n") + 1; at++) {
      await rm(path, { force: true });
      await writeFile(progressPath(path), progress.subarray(0, at));
      await run({ resume: true });
      await expectWhole();
    }
  });

  test("an output whose progress cannot be read is left alone", async () => {
    await run({ stopAfter: 3 });
    const output = await readFile(path);
    await truncate(progressPath(path), 5);
    await expect(run({ resume: true })).rejects.toThrow(BadUse);
    expect(await readFile(path)).toEqual(output);
  });

  test("while rows were written, or with the last of them lost: any length of the output", async () => {
    await run({ stopAfter: 3 });
    const [output, progress] = [await readFile(path), await readFile(progressPath(path))];
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.nat(output.length), fc.string(), async (atEnd, length, torn) => {
        // Rows that no line of the progress file knows yet; or, on a disk that lost some, fewer than it knows.
        await writeFile(path, atEnd ? Buffer.concat([output, Buffer.from(torn)]) : output.subarray(0, length));
        await writeFile(progressPath(path), progress);
        await run({ resume: true });
        await expectWhole();
        await rm(path);
      }),
      { numRuns: 60 },
    );
  });

  test("again and again, with failures between", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ stopAfter: fc.nat(3), failing: fc.nat(11), cut: fc.nat(40) }), { maxLength: 6 }),
        async (runs) => {
          for (const { stopAfter, failing, cut } of runs) {
            const sums = await run({ pieces: 12, resume: true, stopAfter, failing: (piece) => piece === failing });
            if (sums.complete) break;
            const size = (await stat(progressPath(path)).catch(() => null))?.size;
            const first = (await readFile(progressPath(path)).catch(() => Buffer.alloc(0))).indexOf("\n") + 1;
            if (size !== undefined) await truncate(progressPath(path), Math.max(first, size - cut));
          }
          const there = await stat(path).catch(() => null);
          const unfinished = await stat(progressPath(path)).catch(() => null);
          if (!there || unfinished) await run({ pieces: 12, resume: true });
          await expectWhole(12);
          await rm(path);
        },
      ),
      { numRuns: 30 },
    );
  });
});
