import type { Command } from "commander";
import { startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { readServerConfig, type ServerFlags } from "../config.ts";
import { prepareDemoFleet } from "../demo/fleet.ts";
import { writeDemoHistory } from "../demo/history.ts";
import { StartupError } from "../domain/errors.ts";
import { isLoopback } from "../domain/loopback.ts";
import { withExample } from "./program.ts";
import { stopOnSignals } from "./serve.ts";

/** Where the demo's vendor is: this machine. */
const SIMULATORS = "127.0.0.0/8";

/** `kilowatch demo`: the server with a simulated vendor and a fleet of 500 inverters, its data apart from real data. */
export function addDemo(program: Command): void {
  const command = program
    .command("demo")
    .description("Run the server with a simulated vendor and a fleet of 500 inverters, for a look around.")
    .option("--port <number>", "port to listen on (default: 8080)")
    .option("--data-dir <folder>", "where the demo's data is kept (default: ./data-demo)")
    .action(async (flags: ServerFlags) => {
      process.stdout.write("Kilowatch demo: starting …\n");
      const asked = readServerConfig(flags, { dataDir: "./data-demo", openData: true });
      const config = { ...asked, vendorNetworks: [...asked.vendorNetworks, SIMULATORS] };
      if (!isLoopback(config.host)) {
        throw new StartupError(
          `The demo lets everyone look in without a password, so it listens on this machine only: unset KILOWATCH_HOST (${config.host}).`,
        );
      }
      const vendor = await startEnergyGridSimulator();
      const { startKilowatch } = await import("../main.ts");
      const kilowatch = await startKilowatch(config, {
        visitorsMayLook: true,
        prepare: (catalogue) => prepareDemoFleet(catalogue, vendor),
        beside: (parts, signal) => writeDemoHistory({ ...parts, fleet: vendor.fleet, nowMs: Date.now() }, signal),
      }).catch(async (error: unknown) => {
        await vendor.close();
        throw error;
      });
      stopOnSignals(kilowatch, vendor);
      process.stdout.write(
        [
          `  Look around:              ${kilowatch.url}`,
          `  Sign in as administrator: ${kilowatch.signInLink}   (works once)`,
          `  500 simulated inverters, polled at their vendor's limit of 1 request a second; data in ${config.dataDir}`,
          "  Ctrl-C stops it.",
          "",
        ].join("\n"),
      );
    });
  withExample(command, "kilowatch demo --port 8081");
}
