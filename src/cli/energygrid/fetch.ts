import type { Command } from "commander";
import { systemClock } from "../../domain/clock.ts";
import type { VendorDefinition } from "../../vendors/vendor.ts";
import { CommandFailed, EXIT } from "../exit-codes.ts";
import { onInterrupt } from "../interrupt.ts";
import { writeWhole } from "../output-file.ts";
import { withExample } from "../program.ts";
import { startProgress } from "../progress.ts";
import { readSecret } from "../secret.ts";
import { print, printRows, say } from "../terminal.ts";
import { addEnergyGridOptions, ENERGYGRID_SECRET, type EnergyGridRequest, readEnergyGridRequest } from "./options.ts";
import { sweep } from "./sweep.ts";
import type { SweepReport } from "./sweep-report.ts";
import { csvText, jsonText, shortfallLines, summaryRows } from "./sweep-text.ts";

export function addFetchEnergyGrid(fetch: Command): void {
  const command = fetch
    .command("energygrid")
    .description("Sweep an EnergyGrid fleet once: every inverter's power and status, as fast as the vendor allows.")
    .action(async () => {
      const request = await readEnergyGridRequest(command);
      const token = await readSecret({ ...ENERGYGRID_SECRET, file: request.tokenFile });
      const { energyGrid } = await import("../../vendors/energygrid/index.ts");
      const report = await sweepWithProgress(energyGrid, request, { token });
      await handOut(report, request);
      process.exitCode = verdict(report);
    });
  withExample(
    addEnergyGridOptions(command),
    "ENERGYGRID_TOKEN=… kilowatch fetch energygrid --url http://localhost:3000 --serials SN-000..SN-499 --out report.json",
    "kilowatch fetch energygrid --token-file token.txt --serials SN-001,SN-007 --json",
  );
}

async function sweepWithProgress(
  vendor: VendorDefinition,
  { baseUrl, serials }: EnergyGridRequest,
  credential: Record<string, string>,
): Promise<SweepReport> {
  using interruption = onInterrupt();
  const progress = await startProgress({ title: vendor.title, total: serials.length, unit: "devices" });
  try {
    const account = { baseUrl, credential, clock: systemClock };
    return await sweep(vendor, account, serials, { progress, signal: interruption.signal });
  } finally {
    progress.stop();
  }
}

/** Files first: they are what a person waited for. */
async function handOut(report: SweepReport, { outputs, json }: EnergyGridRequest): Promise<void> {
  for (const { path, format } of outputs) {
    await writeWhole(path, format === "csv" ? csvText(report) : jsonText(report));
  }
  if (json) print(jsonText(report));
  else await printRows(summaryRows(report));
  for (const line of shortfallLines(report)) say(line);
  if (report.interrupted) {
    const { asked, unfinished } = report.devices;
    say(
      `Stopped: ${asked} of ${asked + unfinished} devices were asked${outputs.length > 0 ? ", and the report holds those" : ""}.`,
    );
  }
  for (const { path } of outputs) say(`Report: ${path}`);
  if (report.devices.answered === 0 && !report.interrupted) {
    throw new CommandFailed("No device was answered; what the vendor said stands above.");
  }
}

function verdict({ complete, devices }: SweepReport): number {
  if (complete) return EXIT.done;
  return devices.answered > 0 ? EXIT.partly : EXIT.failed;
}
