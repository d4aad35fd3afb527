import { join } from "node:path";
import { systemClock } from "../domain/clock.ts";
import { silentLog } from "../domain/log.ts";
import { telemetryContract } from "./contract.ts";
import { JournaledStore } from "./journaled-store.ts";
import { MemoryEngine } from "./memory-engine.ts";

const engines = new Map<string, MemoryEngine>();

telemetryContract(
  "journal before an engine in memory",
  (dataDir) => {
    const engine = engines.get(dataDir) ?? new MemoryEngine();
    engines.set(dataDir, engine);
    const store = new JournaledStore({
      journalPath: join(dataDir, "journal.db"),
      openEngine: () => engine,
      clock: systemClock,
      log: silentLog,
    });
    engine.down = false;
    const killEngine = (): void => {
      engine.down = true;
      setImmediate(() => {
        engine.down = false;
      });
    };
    return Promise.resolve({ store, killEngine });
  },
  { histories: 60, hugeBatchRows: 250_000 },
);
