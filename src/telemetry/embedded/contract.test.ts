import { systemClock } from "../../domain/clock.ts";
import { silentLog } from "../../domain/log.ts";
import { telemetryContract } from "../contract.ts";
import { openTelemetry } from "../open.ts";

telemetryContract(
  "embedded (chDB)",
  async (dataDir) => {
    const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog });
    const killEngine = (): void => {
      const processId = store.engineProcessId();
      if (processId !== undefined) process.kill(processId, "SIGKILL");
    };
    return { store, killEngine };
  },
  { histories: 6, hugeBatchRows: 1_000_000 },
);
