import { afterAll, beforeAll, expect, test } from "vitest";
import { CoverageSegments } from "../../src/catalogue/coverage-segments.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "../../src/catalogue/database.ts";
import { Ledger } from "../../src/collect/ledger/ledger.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { silentLog } from "../../src/domain/log.ts";
import { PostgresServer } from "./postgres-server.ts";

const SERVERS = 3;
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
/** The edge of two months. */
const EDGE_MS = Date.UTC(2026, 2, 1);

let server: PostgresServer;
const databases: CatalogueDatabase[] = [];
beforeAll(async () => {
  server = await PostgresServer.start();
  const place = server.addressOf({ database: await server.makeDatabase() });
  for (let index = 0; index < SERVERS; index++) databases.push(await openCatalogueDatabase(place));
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.destroy()));
  await server[Symbol.asyncDispose]();
});

const ledgerOn = (database: CatalogueDatabase): Ledger =>
  new Ledger({ coverage: new CoverageSegments(database), clock: systemClock, log: silentLog });

test("several servers that write the coverage of the same series at once lose nothing of each other's", async () => {
  const ledgers = databases.map(ledgerOn);
  const streams = [1, 2, 700];
  for (let round = 0; round < 10; round++) {
    for (const [index, ledger] of ledgers.entries()) {
      for (const series of streams) {
        // Each has its own third of the time, from before the edge of the months to after it, and answers of two kinds.
        const fromMs = EDGE_MS - 150 + (round * SERVERS + index) * 10;
        const toMs = fromMs + 10;
        const outcome = round % 4 === 3 ? "failed" : "data";
        ledger.note(series, { fromMs, toMs, outcome, askedAtMs: toMs, request: round });
      }
    }
    await Promise.all(ledgers.map((ledger) => ledger.flush()));
  }
  const [database] = databases;
  if (!database) throw new RangeError("there are three");
  const known = await ledgerOn(database).runsOf(streams, ALL);
  const expected = [
    [-150, -60, "data"],
    [-60, -30, "failed"],
    [-30, 60, "data"],
    [60, 90, "failed"],
    [90, 150, "data"],
  ];
  for (const runs of known.values()) {
    expect(runs.map(({ fromMs, toMs, outcome }) => [fromMs - EDGE_MS, toMs - EDGE_MS, outcome])).toEqual(expected);
  }
});
