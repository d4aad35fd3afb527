import { once } from "node:events";
import type { Command } from "commander";
import type { Violation } from "../../simulators/violations.ts";
import { BadUse, CommandFailed } from "./exit-codes.ts";
import { onInterrupt } from "./interrupt.ts";
import { withExample } from "./program.ts";
import { elecnovaSimulator } from "./simulators/elecnova.ts";
import { energyGridSimulator } from "./simulators/energygrid.ts";
import { faultsOf, listFaults } from "./simulators/fault-list.ts";
import { powerPSimulator } from "./simulators/powerp.ts";
import type { RunningSimulator, SimulatorKind } from "./simulators/simulator.ts";
import { durationText, print, printRows, say } from "./terminal.ts";

const KINDS: readonly SimulatorKind[] = [energyGridSimulator, elecnovaSimulator, powerPSimulator];
const ALL = "all";
const DEFAULT_MQTT_PORT = 1_884;
/** Under a storm of violations, one line in this time is enough. */
const VIOLATION_LINE_EVERY_MS = 1_000;

interface Flags {
  readonly port?: string;
  readonly mqttPort?: string;
  readonly host: string;
  readonly seed: string;
  readonly faults: string;
  readonly json?: boolean;
}

export function addSimulate(program: Command): void {
  const ports = KINDS.map(({ port, title }) => `${port} ${title}`).join(", ");
  const command = program
    .command("simulate")
    .description("Run vendors' servers, as strict as the vendors; tells of violations, and sums up at Ctrl-C.")
    .argument("[vendor]", `one of ${[...KINDS.map(({ id }) => id), ALL].join(", ")}`, ALL)
    .option("--port <number>", `where to listen; 0 lets the system choose (default: ${ports})`)
    .option("--mqtt-port <number>", `where Elecnova's broker listens (default: ${DEFAULT_MQTT_PORT})`)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--faults <list>", "faults, such as storm=0.1,reset=3x,jitter-ms=30; --faults help lists them", "")
    .option("--seed <number>", "another seed is another fleet, another sky and other faults", "1")
    .option("--json", "print the address and the sums as a line of JSON each")
    .action(async (vendor: string) => {
      const kinds = vendor === ALL ? KINDS : KINDS.filter(({ id }) => id === vendor);
      if (kinds.length === 0) {
        throw new BadUse(
          `There is no simulator of "${vendor}"; there is: ${KINDS.map(({ id }) => id).join(", ")}, ${ALL}.`,
        );
      }
      const flags = command.opts<Flags>();
      if (flags.faults === "help") await listFaults(kinds);
      else await simulate(kinds, flags);
    });
  withExample(
    command,
    "kilowatch simulate",
    "kilowatch simulate energygrid --port 3000",
    "kilowatch simulate powerp --faults jitter-ms=30,server-error=0.05,truncated=2x --seed 7",
  );
}

interface Started {
  readonly kind: SimulatorKind;
  readonly simulator: RunningSimulator;
}

async function simulate(kinds: readonly SimulatorKind[], flags: Flags): Promise<void> {
  const { json = false } = flags;
  using interruption = onInterrupt();
  const started = await startAll(kinds, flags);
  for (const { kind, simulator } of started) {
    const { url, facts, words } = simulator;
    if (json) print(JSON.stringify({ event: "listening", vendor: kind.id, url, ...facts }));
    else print([`${kind.title} simulator: ${url}`, ...words, "Ctrl-C stops it"].join(" · "));
  }
  if (!interruption.signal.aborted) await once(interruption.signal, "abort");
  for (const { simulator } of started) await simulator.close();
  for (const each of started) await sumUp(each, json, started.length > 1);
}

/** All of them, or none. */
async function startAll(kinds: readonly SimulatorKind[], flags: Flags): Promise<readonly Started[]> {
  const several = kinds.length > 1;
  if (several && flags.port !== undefined) throw new BadUse("--port is for one simulator: name the vendor before it.");
  if (flags.mqttPort !== undefined && !kinds.some(({ broker }) => broker)) {
    throw new BadUse("--mqtt-port is for a simulator with a broker: elecnova.");
  }
  const seed = wholeNumber(flags.seed, "--seed", 2 ** 32 - 1);
  const mqttPort =
    flags.mqttPort === undefined ? DEFAULT_MQTT_PORT : wholeNumber(flags.mqttPort, "--mqtt-port", 65_535);
  const faults = await faultsOf(kinds, flags.faults);
  const started: Started[] = [];
  try {
    for (const kind of kinds) {
      const port = flags.port === undefined ? kind.port : wholeNumber(flags.port, "--port", 65_535);
      const simulator = await kind
        .start({
          port,
          mqttPort,
          host: flags.host,
          seed,
          faults: faults.get(kind.id) ?? "",
          onViolation: violationTeller(several ? `${kind.title}: ` : ""),
        })
        .catch((error: unknown) => {
          throw unstartable(error, flags.host, port, several);
        });
      started.push({ kind, simulator });
    }
  } catch (error) {
    for (const { simulator } of started) await simulator.close();
    throw error;
  }
  return started;
}

function unstartable(error: unknown, host: string, askedPort: number, several: boolean): Error {
  const { code, message, port = askedPort } = error as NodeJS.ErrnoException & { port?: number };
  const flag = port === askedPort ? "--port" : "--mqtt-port";
  const remedy = several
    ? "stop what listens there, or name one vendor, with a port of its own"
    : `choose another port with ${flag}`;
  if (code === "EADDRINUSE") return new BadUse(`${host}:${port} is taken: ${remedy}.`);
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new BadUse(`It is not possible to listen on ${host}:${port} (${code}): choose with --host and ${flag}.`);
  }
  return new CommandFailed(message);
}

function violationTeller(prefix: string): (violation: Violation) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return ({ kind, request, detail }) => {
    if (performance.now() - toldAtMs < VIOLATION_LINE_EVERY_MS) {
      untold++;
      return;
    }
    const where = request === 0 ? "" : ` in request ${request}`;
    say(`${prefix}violation (${kind})${where}: ${detail}${untold > 0 ? `; ${untold} more before it` : ""}`);
    toldAtMs = performance.now();
    untold = 0;
  };
}

async function sumUp({ kind, simulator }: Started, json: boolean, titled: boolean): Promise<void> {
  const { counters, timings, violations } = simulator;
  const more = simulator.sums?.();
  if (json) {
    print(
      JSON.stringify({
        event: "stopped",
        vendor: kind.id,
        counters,
        timings,
        violations: violations.count,
        ...more?.facts,
      }),
    );
    return;
  }
  await printRows([
    ...(titled ? [{ label: "Simulator", value: kind.title }] : []),
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
    ...(more?.rows ?? []),
    { label: "Violations", value: String(violations.count), tone: violations.count === 0 ? "good" : "bad" },
  ]);
}

function wholeNumber(text: string, flag: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new BadUse(`${flag} must be a whole number from 0 to ${max}.`);
}
