import { join } from "node:path";
import { systemClock } from "../domain/clock.ts";
import { silentLog } from "../domain/log.ts";
import { telemetryContract } from "./contract.ts";
import { type LifecycleStore, lifecycleContract } from "./contract-lifecycle.ts";
import { JournaledStore } from "./journaled-store.ts";
import { MemoryEngine } from "./memory-engine.ts";

const engines = new Map<string, MemoryEngine>();

async function openAt(dataDir: string): Promise<LifecycleStore> {
  const engine = engines.get(dataDir) ?? new MemoryEngine();
  engines.set(dataDir, engine);
  const store = await JournaledStore.open({
    journalPath: join(dataDir, "journal.db"),
    openEngine: () => engine,
    clock: systemClock,
    log: silentLog,
  });
  engine.down = false;
  await store.latestKnown();
  const killEngine = (): void => {
    engine.down = true;
    setImmediate(() => {
      engine.down = false;
    });
  };
  return { store, killEngine };
}

telemetryContract("journal before an engine in memory", openAt, { histories: 60, hugeBatchRows: 250_000 });

lifecycleContract("journal before an engine in memory", openAt, { histories: 20 });
