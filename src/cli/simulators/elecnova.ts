import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimulatorKind } from "./simulator.ts";

export const elecnovaSimulator: SimulatorKind = {
  id: "elecnova",
  title: "Elecnova",
  port: 3_001,
  broker: true,
  async catalogue() {
    const { STRIKES, SETTINGS_MS } = await import("../../../simulators/elecnova/index.ts");
    return { strikes: STRIKES, settingsMs: SETTINGS_MS };
  },
  async start({ faults, ...options }) {
    const { startElecnovaSimulator, parseFaults } = await import("../../../simulators/elecnova/index.ts");
    const simulator = await startElecnovaSimulator({ ...options, faults: parseFaults(faults) });
    const { url, mqttUrl, clientId, clientSecret, counters, timings, violations, mqtt, plant } = simulator;
    const folder = await mkdtemp(join(tmpdir(), "kilowatch-elecnova-"));
    const mqttCa = join(folder, "broker.pem");
    await writeFile(mqttCa, simulator.certificate);
    const sns = [...plant.keys()];
    return {
      ...{ url, counters, timings, violations },
      words: [
        `client id ${clientId}`,
        `secret ${clientSecret}`,
        `cabinets ${sns[0]}..${sns.at(-1)}`,
        `broker ${mqttUrl}, which fetch trusts by --mqtt-url ${mqttUrl} --mqtt-ca ${mqttCa}`,
      ],
      facts: { clientId, clientSecret, mqttUrl, mqttCa },
      sums: () => ({
        rows: [
          { label: "Broker connections", value: `${mqtt.connected}, ${mqtt.refused} refused` },
          { label: "Messages published", value: String(mqtt.published) },
        ],
        facts: { logins: simulator.logins, mqtt },
      }),
      async close() {
        await simulator.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};
