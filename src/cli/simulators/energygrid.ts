import type { SimulatorKind } from "./simulator.ts";

export const energyGridSimulator: SimulatorKind = {
  id: "energygrid",
  title: "EnergyGrid",
  port: 3_000,
  broker: false,
  async catalogue() {
    const { STRIKES, SETTINGS_MS } = await import("../../../simulators/energygrid/index.ts");
    return { strikes: STRIKES, settingsMs: SETTINGS_MS };
  },
  async start({ faults, ...options }) {
    const { startEnergyGridSimulator, parseFaults } = await import("../../../simulators/energygrid/index.ts");
    const simulator = await startEnergyGridSimulator({ ...options, faults: parseFaults(faults) });
    const { token } = simulator;
    return { ...simulator, words: [`token ${token}`, "inverters SN-000..SN-499"], facts: { token } };
  },
};
