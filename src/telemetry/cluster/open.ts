import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { StartupError } from "../../domain/errors.ts";
import { JOURNAL_FILE } from "../journal/database.ts";
import { JournaledStore } from "../journaled-store.ts";
import type { TelemetryOptions } from "../open.ts";
import { SqlReadingEngine } from "../sql-reading-engine.ts";
import type { ClusterAddress } from "./address.ts";
import { ClusterConnection } from "./connection.ts";
import { SettlingLedger } from "./settling-ledger.ts";
import { SETTLE_MS, type SettlingOptions } from "./settling-line.ts";
import { SettlingQueue } from "./settling-queue.ts";

export interface ClusterTelemetryOptions extends TelemetryOptions {
  readonly address: ClusterAddress;
  /** `SETTLE_MS` unless told; holds for servers that cannot put rows on stable storage. */
  readonly settleMs?: number;
}

/**
 * Opens a store whose readings are on a ClickHouse server; its journal is in the data folder. Resolves once the journal is open and the server
 * has answered or is found to be away: then readings wait in the journal.
 * @throws StartupError when the folder is in use, damaged or cannot be written, and when the server answers and does not let us in.
 */
export async function openClusterTelemetry(options: ClusterTelemetryOptions): Promise<JournaledStore> {
  const { dataDir, address, clock, log, settleMs = SETTLE_MS } = options;
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new StartupError(`The data folder ${dataDir} cannot be made: ${(error as Error).message}.`, { cause: error });
  }
  let connection: ClusterConnection | undefined;
  let queue: SettlingQueue | undefined;
  let ledger: SettlingLedger | undefined;
  let restarts = 0;
  const settling: SettlingOptions = {
    settleMs: () => (connection?.capabilities?.syncs ? 0 : settleMs),
    confirm: async () => connection?.confirm(),
    clock,
  };
  const store = await JournaledStore.open({
    ...options,
    journalPath: join(dataDir, JOURNAL_FILE),
    openEngine: () => {
      connection = new ClusterConnection({
        address,
        clock,
        log,
        held: async (afterSeq, readingsMax) => queue?.held(afterSeq, readingsMax) ?? [],
        onRewritten: () => {
          restarts++;
          queue?.rewritten();
          ledger?.rewritten();
        },
      });
      return new SqlReadingEngine(connection);
    },
    openKeeping: (journal, days, dirtyDays) => {
      const held = new SettlingQueue(journal, settling);
      const rolled = new SettlingLedger(days, dirtyDays, settling, `${address.origin}/${address.database}`);
      queue = held;
      ledger = rolled;
      return {
        queue: held,
        ledger: rolled,
        async atRest(signal) {
          const before = restarts;
          if (settling.settleMs() === 0) return true;
          await clock.sleepUntil(clock.monotonicMs() + settling.settleMs(), signal);
          await settling.confirm();
          return restarts === before;
        },
        close: async () => void (await Promise.all([held.close(), rolled.close()])),
      };
    },
  });
  try {
    await connection?.opened();
    await store.latestKnown();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}
