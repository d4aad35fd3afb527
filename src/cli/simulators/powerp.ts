import type { SimulatorKind } from "./simulator.ts";

export const powerPSimulator: SimulatorKind = {
  id: "powerp",
  title: "PowerP",
  port: 5_000,
  broker: false,
  async catalogue() {
    const { STRIKES, SETTINGS_MS } = await import("../../../simulators/powerp/index.ts");
    return { strikes: STRIKES, settingsMs: SETTINGS_MS };
  },
  async start({ faults, ...options }) {
    const { startPowerPSimulator, parseFaults } = await import("../../../simulators/powerp/index.ts");
    const simulator = await startPowerPSimulator({ ...options, faults: parseFaults(faults) });
    const { url, clientId, clientSecret, counters, timings, violations, plant } = simulator;
    const databases = [...plant.databases.values()].map(
      ({ id, signals }) => `${id} (${range(signals.map(({ index }) => index))})`,
    );
    return {
      ...{ url, counters, timings, violations },
      words: [`client id ${clientId}`, `secret ${clientSecret}`, `databases ${databases.join(", ")}`],
      facts: { clientId, clientSecret },
      close: () => simulator.close(),
    };
  },
};

function range(names: readonly string[]): string {
  return `${names[0]}..${names.at(-1)}`;
}
