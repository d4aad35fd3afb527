import closeWithGrace from "close-with-grace";
import type { Command } from "commander";
import { readServerConfig, type ServerFlags } from "../config.ts";
import type { Kilowatch } from "../main.ts";
import { EXIT } from "./exit-codes.ts";
import { fitGarbageCollection } from "./garbage-collection.ts";
import { withExample } from "./program.ts";
import { say } from "./terminal.ts";

/** What is still running this long after a stop was asked for is cut. */
export const SHUTDOWN_MS_MAX = 10_000;

/** `kilowatch serve`: the server for real use. */
export function addServe(program: Command): void {
  const command = program
    .command("serve")
    .description("Run the server on this machine's own storage.")
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--port <number>", "port to listen on (default: 8080)")
    .option("--data-dir <folder>", "where everything is kept (default: ./data)")
    .action(async (flags: ServerFlags) => {
      const config = readServerConfig(flags);
      fitGarbageCollection();
      const { startKilowatch } = await import("../main.ts");
      const kilowatch = await startKilowatch(config, { visitorsMayLook: false });
      stopOnSignals(kilowatch);
      process.stdout.write(`Kilowatch runs at ${kilowatch.url}\n`);
      process.stdout.write(`Sign in as administrator, once: ${kilowatch.signInLink}\n`);
    });
  withExample(command, "kilowatch serve --data-dir /var/lib/kilowatch");
}

/** Closes in order on SIGTERM, SIGINT and on an error that nobody caught. */
export function stopOnSignals(...owned: readonly Pick<Kilowatch, "close">[]): void {
  closeWithGrace({ delay: SHUTDOWN_MS_MAX, logger: false }, async ({ err }) => {
    if (err) {
      say(`Unexpected failure, please report it: ${err.stack ?? err.message}`);
      process.exitCode = EXIT.failed;
    }
    for (const one of owned) await one.close();
  });
}
