import type { Command } from "commander";
import { addFetchElecnova } from "./elecnova/fetch.ts";
import { addFetchEnergyGrid } from "./energygrid/fetch.ts";
import { addFetchPowerP } from "./powerp/fetch.ts";
import { withExample } from "./program.ts";

export function addFetch(program: Command): void {
  const command = program.command("fetch").description("Ask a vendor directly, without a server.");
  addFetchEnergyGrid(command);
  addFetchElecnova(command);
  addFetchPowerP(command);
  withExample(command, "kilowatch fetch energygrid --help");
}
