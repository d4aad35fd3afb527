import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startElecnovaSimulator } from "../simulators/elecnova/index.ts";
import { type ConnectionReport, OPERATOR_ENV, Operator } from "./operator.ts";
import { ServerProcess, temporaryFolder } from "./server-process.ts";

const WAIT_MS_MAX = 20_000;

test("cabinets of an Elecnova account are polled and shown, without a server that knows their vendor", async () => {
  using folder = temporaryFolder();
  await using simulator = await startElecnovaSimulator();
  const cabinets = [...simulator.plant.keys()];
  const server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV });
  try {
    const operator = await Operator.signIn(server);
    const { id } = await operator.connect({
      vendor: "elecnova",
      name: "Storage",
      baseUrl: simulator.url,
      credential: { clientId: simulator.clientId, clientSecret: simulator.clientSecret },
      serialNumbers: cabinets,
      pollIntervalMs: 2_000,
    });
    const report = await becomes(
      () => operator.connection(id),
      ({ requests }) => requests > 2 * cabinets.length,
    );
    expect(report).toMatchObject({ state: "running", message: null, failedRequests: 0, devices: cabinets.length });
    expect(report.readings).toBeGreaterThanOrEqual(2 * cabinets.length);
    const page = await operator.fleetPageText();
    for (const sn of cabinets) expect(page).toContain(sn);
    expect(simulator.violations.count).toBe(0);
    expect(simulator.logins).toBe(1);
  } finally {
    await server.stop();
  }
});

async function becomes(
  look: () => Promise<ConnectionReport>,
  is: (report: ConnectionReport) => boolean,
): Promise<ConnectionReport> {
  const untilMs = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const report = await look();
    if (is(report)) return report;
    if (performance.now() > untilMs) throw new Error(`not within ${WAIT_MS_MAX} ms: ${JSON.stringify(report)}`);
    await sleep(100);
  }
}
