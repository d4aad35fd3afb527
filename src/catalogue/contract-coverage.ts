import { describe, expect, test } from "vitest";
import { ROWS_PER_INSERT } from "./bulk.ts";
import type { ContractDatabase } from "./contract.ts";
import { Scene } from "./contract-scene.ts";
import type { CoverageRows, CoverageSegment, CoverageTails } from "./coverage-segments.ts";

const MONTH = 678;

const segment = (series: number, month: number, ...bytes: number[]): CoverageSegment => ({
  series,
  month,
  runs: Uint8Array.from(bytes),
});

/** Rows in order, as plain bytes: PostgreSQL's client answers with a subclass of them. */
const inOrder = (rows: readonly CoverageSegment[]) =>
  rows
    .map(({ series, month, runs }) => ({ series, month, bytes: [...runs] }))
    .sort((a, b) => a.series - b.series || a.month - b.month);
const plain = (rows: readonly CoverageTails[]) =>
  rows.map(({ block, runs }) => ({ block, bytes: [...runs] })).sort((a, b) => a.block - b.block);

/** The rows of the coverage ledger. */
export function coverageContract(name: string, make: () => Promise<ContractDatabase>, isShared: boolean): void {
  describe(`${name}: coverage`, () => {
    const scene = new Scene(make);

    const write = (...segments: CoverageSegment[]): Promise<void> =>
      scene.catalogue.coverage.change((rows) => rows.putSegments(segments));

    test("is found by series and months, its edges included", async () => {
      await write(segment(1, MONTH, 1), segment(1, MONTH + 1, 2), segment(1, MONTH + 2, 3), segment(2, MONTH, 4));
      const { coverage } = scene.catalogue;
      expect(inOrder(await coverage.segments([1], MONTH, MONTH + 1))).toEqual(
        inOrder([segment(1, MONTH, 1), segment(1, MONTH + 1, 2)]),
      );
      expect(inOrder(await coverage.segments([1, 2, 3], MONTH, MONTH))).toEqual(
        inOrder([segment(1, MONTH, 1), segment(2, MONTH, 4)]),
      );
      const keys = [1, 2, 9].map((series) => ({ series, month: MONTH + 2 }));
      expect(inOrder(await coverage.segmentsAt(keys))).toEqual(inOrder([segment(1, MONTH + 2, 3)]));
      expect(await coverage.segments([], MONTH, MONTH)).toEqual([]);
    });

    test("is replaced by what is written later, and outlives the server", async () => {
      await write(segment(1, MONTH, 1, 2, 3), segment(2, MONTH));
      await write(segment(1, MONTH, 255, 0));
      const { coverage } = await scene.reopen();
      expect(inOrder(await coverage.segments([1, 2], MONTH, MONTH))).toEqual(
        inOrder([segment(1, MONTH, 255, 0), segment(2, MONTH)]),
      );
    });

    test("is taken in more rows than one statement has", async () => {
      const many = Array.from({ length: 2 * ROWS_PER_INSERT + 1 }, (_, series) => segment(series, MONTH, series % 256));
      const tails = many.map(({ series, runs }) => ({ block: series, runs }));
      const { coverage } = scene.catalogue;
      await coverage.change(async (rows) => {
        await rows.putSegments(many);
        await rows.putTails(tails);
      });
      expect(inOrder(await coverage.segmentsAt(many))).toEqual(inOrder(many));
      expect(plain(await coverage.tails(tails.map(({ block }) => block)))).toEqual(plain(tails));
    });

    test("has the newest runs of a block beside it", async () => {
      const { coverage } = scene.catalogue;
      const first = { block: 0, runs: Uint8Array.of(1) };
      const later = { block: 0, runs: Uint8Array.of(2, 3) };
      await coverage.change((rows) => rows.putTails([first, { block: 7, runs: Uint8Array.of(9) }]));
      await coverage.change((rows) => rows.putTails([later]));
      expect(plain(await coverage.tails([0, 1]))).toEqual(plain([later]));
    });

    test("is as it was when a change fails", async () => {
      await write(segment(1, MONTH, 1));
      const failing = scene.catalogue.coverage.change(async (rows) => {
        await rows.putSegments([segment(1, MONTH, 2), segment(2, MONTH, 2)]);
        await rows.putTails([{ block: 0, runs: Uint8Array.of(2) }]);
        throw new RangeError("in the middle");
      });
      await expect(failing).rejects.toThrow(RangeError);
      const { coverage } = scene.catalogue;
      expect(inOrder(await coverage.segments([1, 2], MONTH, MONTH))).toEqual(inOrder([segment(1, MONTH, 1)]));
      expect(await coverage.tails([0])).toEqual([]);
    });

    test("keeps what each of several changes at once has added", async () => {
      const servers = await Promise.all(Array.from({ length: isShared ? 4 : 1 }, () => scene.open()));
      const added = Array.from({ length: 24 }, (_, byte) => byte);
      const add = (byte: number) => async (rows: CoverageRows) => {
        const [former] = await rows.segmentsAt([{ series: 1, month: MONTH }]);
        await rows.putSegments([segment(1, MONTH, ...(former?.runs ?? []), byte)]);
      };
      try {
        await Promise.all(
          servers.flatMap(({ coverage }, server) =>
            added.filter((byte) => byte % servers.length === server).map((byte) => coverage.change(add(byte))),
          ),
        );
      } finally {
        await Promise.all(servers.map((server) => server.close()));
      }
      const [row] = await scene.catalogue.coverage.segments([1], MONTH, MONTH);
      expect([...(row?.runs ?? [])].sort((a, b) => a - b)).toEqual(added);
    });
  });
}
