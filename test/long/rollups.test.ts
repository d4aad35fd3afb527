import { systemClock } from "../../src/domain/clock.ts";
import { silentLog } from "../../src/domain/log.ts";
import { rollupContract } from "../../src/telemetry/contract-rollups.ts";
import { EmbeddedConnection } from "../../src/telemetry/embedded/connection.ts";

rollupContract(
  "embedded (chDB), at length",
  async (directory) => {
    const connection = new EmbeddedConnection({ directory, clock: systemClock, log: silentLog });
    await connection.opened();
    return connection;
  },
  { histories: 120, timeoutMs: 1_800_000 },
);
