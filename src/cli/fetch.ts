import type { Command } from "commander";
import { addFetchEnergyGrid } from "./fetch-energygrid.ts";
import { withExample } from "./program.ts";

export function addFetch(program: Command): void {
  const command = program.command("fetch").description("Ask a vendor directly, without a server.");
  addFetchEnergyGrid(command);
  withExample(command, "kilowatch fetch energygrid --help");
}
