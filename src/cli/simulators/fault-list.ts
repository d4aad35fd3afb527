import { type FaultCatalogue, parseFaults } from "../../../simulators/faults.ts";
import { BadUse } from "../exit-codes.ts";
import { print } from "../terminal.ts";
import type { SimulatorKind } from "./simulator.ts";

const OUTAGE = "outage";
const NAME_CHARS = 28;

/** The faults of each simulator, by its id: of several simulators, each gets those that it knows. @throws BadUse */
export async function faultsOf(kinds: readonly SimulatorKind[], text: string): Promise<ReadonlyMap<string, string>> {
  const catalogues = await Promise.all(kinds.map((kind) => kind.catalogue()));
  checked(text, joined(catalogues));
  return new Map(
    kinds.map(({ id }, at) => {
      const known = catalogues[at];
      const own = text.split(",").filter((part) => known && isKnown(part.split("=")[0]?.trim() ?? "", known));
      return [id, own.join(",")];
    }),
  );
}

/** Prints the faults: first those that all of the simulators know, then what each knows beside them. */
export async function listFaults(kinds: readonly SimulatorKind[]): Promise<void> {
  const catalogues = await Promise.all(kinds.map((kind) => kind.catalogue()));
  const everywhere = (name: string): boolean => catalogues.every((catalogue) => isKnown(name, catalogue));
  const all = joined(catalogues);
  for (const [name, words] of Object.entries(all.strikes))
    if (everywhere(name)) printFault(`${name}=<share|Nx>`, words);
  for (const [name, words] of Object.entries(all.settingsMs)) if (everywhere(name)) printFault(`${name}=<ms>`, words);
  printFault(OUTAGE, "nothing listens");
  for (const [at, { title }] of kinds.entries()) {
    const own = catalogues[at];
    if (!own) continue;
    for (const [name, words] of Object.entries(own.strikes)) {
      if (!everywhere(name)) printFault(`${name}=<share|Nx>`, `${title}: ${words}`);
    }
    for (const [name, words] of Object.entries(own.settingsMs)) {
      if (!everywhere(name)) printFault(`${name}=<ms>`, `${title}: ${words}`);
    }
  }
  print("A share of requests is 0 to 1; Nx strikes each of the next N requests.");
}

function checked(text: string, catalogue: FaultCatalogue): void {
  try {
    parseFaults(text, catalogue);
  } catch (error) {
    throw new BadUse(`--faults: ${(error as Error).message}`);
  }
}

function joined(catalogues: readonly FaultCatalogue[]): FaultCatalogue {
  return {
    strikes: Object.assign({}, ...catalogues.map(({ strikes }) => strikes)) as FaultCatalogue["strikes"],
    settingsMs: Object.assign({}, ...catalogues.map(({ settingsMs }) => settingsMs)) as FaultCatalogue["settingsMs"],
  };
}

function isKnown(name: string, { strikes, settingsMs }: FaultCatalogue): boolean {
  return name === OUTAGE || Object.hasOwn(strikes, name) || Object.hasOwn(settingsMs, name);
}

function printFault(name: string, words: string): void {
  print(`${name.padEnd(NAME_CHARS)} ${words}`);
}
