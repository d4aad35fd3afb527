/*
 * Stores readings and notes in the coverage ledger that it has, until it is killed. Arguments: data folder, first number. Number n is a reading of
 * each of three series at time n × STEP_MS, and the claim of the stretch from there to the next; every seventh is asked for in vain. Prints the
 * number up to which the ledger is written.
 */
import { join } from "node:path";
import { CoverageSegments } from "../../src/catalogue/coverage-segments.ts";
import { openCatalogueDatabase } from "../../src/catalogue/database.ts";
import { Ledger } from "../../src/collect/ledger/ledger.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { silentLog } from "../../src/domain/log.ts";
import { ReadingColumnsBuilder } from "../../src/domain/reading.ts";
import { openTelemetry } from "../../src/telemetry/open.ts";
import { isInVain, SERIES, STEP_MS } from "./ledger-writer.ts";

const [dataDir = "", first = "0"] = process.argv.slice(2);
const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog });
const database = await openCatalogueDatabase(join(dataDir, "catalogue.db"));
const ledger = new Ledger({ coverage: new CoverageSegments(database), clock: systemClock, log: silentLog });

let written: Promise<void> | null = null;
for (let number = Number(first); ; number++) {
  const builder = new ReadingColumnsBuilder();
  for (const series of SERIES) builder.push(series, number * STEP_MS, number, 0);
  if (!isInVain(number)) await store.append(builder.finish(), number);
  const [fromMs, toMs] = [number * STEP_MS, (number + 1) * STEP_MS];
  const outcome = isInVain(number) ? "failed" : "data";
  for (const series of SERIES) ledger.note(series, { fromMs, toMs, outcome, askedAtMs: toMs, request: number });
  if (written === null) {
    const upTo = number;
    // Meanwhile others are stored and noted.
    written = ledger.flush().then(() => {
      console.log(`${upTo}`);
      written = null;
    });
  }
}
