import type { Command } from "commander";
import { addPlanElecnova } from "./elecnova/plan.ts";
import { addPlanEnergyGrid } from "./energygrid/plan.ts";
import { addPlanPowerP } from "./powerp/plan.ts";
import { withExample } from "./program.ts";

export function addPlan(program: Command): void {
  const command = program
    .command("plan")
    .description("Say what a fetch would take at the vendor's limits; send nothing.");
  addPlanEnergyGrid(command);
  addPlanElecnova(command);
  addPlanPowerP(command);
  withExample(command, "kilowatch plan energygrid --serials SN-000..SN-499");
}
