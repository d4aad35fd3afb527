import type { Command } from "commander";
import { withExample } from "../program.ts";
import { durationText, print, printRows } from "../terminal.ts";
import { addEnergyGridOptions, readEnergyGridRequest } from "./options.ts";

export function addPlanEnergyGrid(plan: Command): void {
  const command = plan
    .command("energygrid")
    .description("Say what one sweep of an EnergyGrid fleet takes; needs no token.")
    .action(async () => {
      const { serials, json } = await readEnergyGridRequest(command);
      const { energyGrid } = await import("../../vendors/energygrid/index.ts");
      const { planSweep } = await import("../../vendors/plan.ts");
      const { requests, spanMs, freshnessMs } = planSweep({ devices: serials.length, limits: energyGrid.limits });
      if (json) {
        print(
          JSON.stringify({ vendor: energyGrid.id, devices: serials.length, requests, spanMs, freshnessMs }, null, 2),
        );
        return;
      }
      await printRows([
        { label: "Devices", value: String(serials.length) },
        { label: "Requests", value: `${requests}, each of at most ${energyGrid.limits.devicesPerBatch} devices` },
        { label: "One sweep", value: `${durationText(spanMs)} at the vendor's limit, and one round trip` },
        { label: "Freshness", value: `swept without a pause, no value is older than ${durationText(freshnessMs)}` },
      ]);
    });
  withExample(addEnergyGridOptions(command), "kilowatch plan energygrid --serials SN-000..SN-499");
}
