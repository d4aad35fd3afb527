import { systemClock } from "../../domain/clock.ts";
import { silentLog } from "../../domain/log.ts";
import { telemetryContract } from "../contract.ts";
import { type LifecycleStore, lifecycleContract } from "../contract-lifecycle.ts";
import { rollupContract } from "../contract-rollups.ts";
import { openTelemetry } from "../open.ts";
import { PATIENT_READ_MS } from "../patience.fixture.ts";
import { EmbeddedConnection } from "./connection.ts";

async function openAt(dataDir: string): Promise<LifecycleStore> {
  const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog, readWaitMs: PATIENT_READ_MS });
  const killEngine = (): void => {
    const processId = store.engineProcessId();
    if (processId !== undefined) process.kill(processId, "SIGKILL");
  };
  return { store, killEngine };
}

telemetryContract("embedded (chDB)", openAt, { histories: 6, hugeBatchRows: 1_000_000 });

lifecycleContract("embedded (chDB)", openAt, { histories: 2 });

rollupContract(
  "embedded (chDB)",
  async (directory) => {
    const connection = new EmbeddedConnection({ directory, clock: systemClock, log: silentLog });
    await connection.opened();
    return connection;
  },
  { histories: 6, timeoutMs: 120_000 },
);
