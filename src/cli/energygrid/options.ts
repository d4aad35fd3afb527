import type { Command } from "commander";
import { parseSerials } from "../../vendors/serials.ts";
import { checkedAddress } from "../address.ts";
import { checkOutputFile, collected, type OutputFile } from "../output-file.ts";

const DEFAULT_URL = "http://localhost:3000";
const DEFAULT_SERIALS = "SN-000..SN-499";
const FORMATS = ["json", "csv"] as const;
export type ReportFormat = (typeof FORMATS)[number];

export const ENERGYGRID_SECRET = {
  variable: "ENERGYGRID_TOKEN",
  flag: "--token-file",
  title: "EnergyGrid token",
} as const;

/** What `fetch energygrid` and `plan energygrid` are asked for, checked. */
export interface EnergyGridRequest {
  readonly baseUrl: string;
  readonly serials: readonly string[];
  readonly outputs: readonly OutputFile<ReportFormat>[];
  readonly json: boolean;
  readonly tokenFile: string | undefined;
}

interface Flags {
  readonly url: string;
  readonly serials: string;
  readonly out?: readonly string[];
  readonly json?: boolean;
  readonly tokenFile?: string;
}

export function addEnergyGridOptions(command: Command): Command {
  return command
    .option("--url <address>", "where the vendor answers", DEFAULT_URL)
    .option("--serials <list>", "inverters: ranges and names, such as SN-000..SN-499,SN-700", DEFAULT_SERIALS)
    .option("--out <file>", "report: all of it (.json) or one row a device (.csv); may be given for both", collected)
    .option("--token-file <file>", "file that holds the token; else ENERGYGRID_TOKEN, else a prompt")
    .option("--json", "print the result as JSON");
}

/** @throws BadUse, InvalidInput */
export async function readEnergyGridRequest(command: Command): Promise<EnergyGridRequest> {
  const flags = command.opts<Flags>();
  const baseUrl = checkedAddress(flags.url, { flag: "--url", example: DEFAULT_URL });
  const serials = parseSerials(flags.serials);
  const outputs = await Promise.all((flags.out ?? []).map((path) => checkOutputFile(path, FORMATS)));
  return { baseUrl, serials, outputs, json: flags.json ?? false, tokenFile: flags.tokenFile };
}
