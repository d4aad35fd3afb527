import type { Command } from "commander";
import { addPlanEnergyGrid } from "./plan-energygrid.ts";
import { withExample } from "./program.ts";

export function addPlan(program: Command): void {
  const command = program
    .command("plan")
    .description("Say what a fetch would take at the vendor's limits; send nothing.");
  addPlanEnergyGrid(command);
  withExample(command, "kilowatch plan energygrid --serials SN-000..SN-499");
}
