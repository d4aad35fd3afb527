import { once } from "node:events";
import type { Command } from "commander";
import type { EnergyGridSimulator, Violation } from "../../simulators/energygrid/index.ts";
import { BadUse, CommandFailed } from "./exit-codes.ts";
import { onInterrupt } from "./interrupt.ts";
import { withExample } from "./program.ts";
import { durationText, print, printRows, say } from "./terminal.ts";

const VENDORS = ["energygrid", "all"] as const;
const DEFAULT_PORT = "3000";
/** Under a storm of violations, one line in this time is enough. */
const VIOLATION_LINE_EVERY_MS = 1_000;

interface Flags {
  readonly port: string;
  readonly host: string;
  readonly seed: string;
  readonly faults: string;
  readonly json?: boolean;
}

export function addSimulate(program: Command): void {
  const command = program
    .command("simulate")
    .description("Run a vendor's server, as strict as the vendor; tells of violations, and sums up at Ctrl-C.")
    .argument("[vendor]", `one of ${VENDORS.join(", ")}`, "all")
    .option("--port <number>", "where to listen; 0 lets the system choose", DEFAULT_PORT)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--faults <list>", "faults, such as storm=0.1,reset=3x,jitter-ms=30; --faults help lists them", "")
    .option("--seed <number>", "another seed is another fleet, another sky and other faults", "1")
    .option("--json", "print the address and the sums as a line of JSON each")
    .action(async (vendor: string) => {
      if (!(VENDORS as readonly string[]).includes(vendor)) {
        throw new BadUse(`There is no simulator of "${vendor}"; there is: ${VENDORS.join(", ")}.`);
      }
      const flags = command.opts<Flags>();
      if (flags.faults === "help") await listFaults();
      else await simulate(flags);
    });
  withExample(
    command,
    "kilowatch simulate energygrid --port 3000",
    "kilowatch simulate energygrid --faults jitter-ms=30,server-error=0.05,truncated=2x --seed 7",
  );
}

async function simulate({ port, host, seed, faults, json = false }: Flags): Promise<void> {
  using interruption = onInterrupt();
  const simulator = await start({
    port: wholeNumber(port, "--port", 65_535),
    host,
    seed: wholeNumber(seed, "--seed", 2 ** 32 - 1),
    faults,
  });
  if (json) print(JSON.stringify({ event: "listening", vendor: "energygrid", url: simulator.url }));
  else {
    print(
      `EnergyGrid simulator: ${simulator.url} · token ${simulator.token} · inverters SN-000..SN-499 · Ctrl-C stops it`,
    );
  }
  if (!interruption.signal.aborted) await once(interruption.signal, "abort");
  await simulator.close();
  await sumUp(simulator, json);
}

async function start(options: {
  port: number;
  host: string;
  seed: number;
  faults: string;
}): Promise<EnergyGridSimulator> {
  const { startEnergyGridSimulator, parseFaults } = await import("../../simulators/energygrid/index.ts");
  let faults: ReturnType<typeof parseFaults>;
  try {
    faults = parseFaults(options.faults);
  } catch (error) {
    throw new BadUse(`--faults: ${(error as Error).message}`);
  }
  try {
    return await startEnergyGridSimulator({ ...options, faults, onViolation: violationTeller() });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const where = `${options.host}:${options.port}`;
    if (code === "EADDRINUSE") throw new BadUse(`${where} is taken: choose another port with --port.`);
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new BadUse(`It is not possible to listen on ${where} (${code}): choose with --host and --port.`);
    }
    throw new CommandFailed(message);
  }
}

function violationTeller(): (violation: Violation) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return ({ kind, request, detail }) => {
    if (performance.now() - toldAtMs < VIOLATION_LINE_EVERY_MS) {
      untold++;
      return;
    }
    say(`violation (${kind}) in request ${request}: ${detail}${untold > 0 ? `; ${untold} more before it` : ""}`);
    toldAtMs = performance.now();
    untold = 0;
  };
}

async function sumUp({ counters, timings, violations }: EnergyGridSimulator, json: boolean): Promise<void> {
  if (json) {
    print(JSON.stringify({ event: "stopped", counters, timings, violations: violations.count }));
    return;
  }
  await printRows([
    { label: "Requests seen", value: String(counters.seen) },
    { label: "Answered", value: String(counters.answered) },
    {
      label: "Refused for coming early",
      value: String(counters.refused),
      tone: counters.refused === 0 ? "good" : "bad",
    },
    { label: "Refused for the signature", value: String(counters.unauthorised) },
    { label: "Malformed", value: String(counters.malformed) },
    { label: "Struck by a fault", value: String(counters.struck) },
    { label: "From the first to the last", value: durationText(timings.spanMs) },
    { label: "Violations", value: String(violations.count), tone: violations.count === 0 ? "good" : "bad" },
  ]);
}

async function listFaults(): Promise<void> {
  const { STRIKES, SETTINGS_MS } = await import("../../simulators/energygrid/index.ts");
  for (const [name, words] of Object.entries(STRIKES)) print(`${`${name}=<share|Nx>`.padEnd(28)} ${words}`);
  for (const [name, words] of Object.entries(SETTINGS_MS)) print(`${`${name}=<ms>`.padEnd(28)} ${words}`);
  print(`${"outage".padEnd(28)} nothing listens`);
  print("A share of requests is 0 to 1; Nx strikes each of the next N requests.");
}

function wholeNumber(text: string, flag: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new BadUse(`${flag} must be a whole number from 0 to ${max}.`);
}
