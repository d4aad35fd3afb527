/*
 * Writes to a store until it is killed, and prints the number of each batch once it is acknowledged.
 * Arguments: data folder, first number. Batch n is one reading of each of `SERIES` at time n with value n,
 * and the value n for the one reading of series 4, which so holds the last batch.
 */
import { systemClock } from "../domain/clock.ts";
import { silentLog } from "../domain/log.ts";
import { ReadingColumnsBuilder } from "../domain/reading.ts";
import { openTelemetry } from "./open.ts";

const SERIES = [1, 2, 3];
const WRITERS = 4;

const [dataDir = "", first = "0"] = process.argv.slice(2);
const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog });
console.log(`engine ${store.engineProcessId()}`);
let next = Number(first);

async function write(): Promise<void> {
  for (;;) {
    const number = next++;
    const builder = new ReadingColumnsBuilder();
    for (const series of SERIES) builder.push(series, number, number, 0);
    builder.push(4, 0, number, 0);
    await store.append(builder.finish(), number);
    console.log(`${number}`);
    // A reader in between makes the engine take batches at every moment of the journal's life.
    if (number % 50 === 0) await store.readRaw({ series: [1], fromMs: number, toMs: number + 1, limit: 1 });
  }
}

await Promise.all(Array.from({ length: WRITERS }, write));
