import { expect, test } from "vitest";
import { startEnergyGridSimulator } from "../simulators/energygrid/index.ts";
import { OPERATOR_ENV, Operator } from "./operator.ts";
import { ServerProcess, temporaryFolder } from "./server-process.ts";

test("a server that does not list this machine calls no vendor on it, and says what would allow it", async () => {
  using folder = temporaryFolder();
  await using simulator = await startEnergyGridSimulator();
  const env = { ...OPERATOR_ENV, KILOWATCH_VENDOR_NETWORKS: "10.0.0.0/8" };
  const server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env });
  try {
    const operator = await Operator.signIn(server);
    const { port } = new URL(simulator.url);
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
      const { id } = await operator.connect({
        vendor: "energygrid",
        name: `Account at ${host}`,
        baseUrl: `http://${host}:${port}`,
        credential: { token: simulator.token },
        serialNumbers: [`SN of ${host}`],
        pollIntervalMs: 1_000,
      });
      await expect.poll(async () => (await operator.connection(id)).state).toBe("refused");
      const { message } = await operator.connection(id);
      expect(message).toMatch(/^EnergyGrid is not called: .* KILOWATCH_VENDOR_NETWORKS does not list its network\.$/);
      expect(await operator.fleetPageText()).toContain(message);
    }
    expect(simulator.counters.seen).toBe(0);
  } finally {
    await server.stop();
  }
});
