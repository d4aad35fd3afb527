import type { Command } from "commander";
import { InvalidInput } from "../../domain/errors.ts";
import { parsePeriodMs } from "../../vendors/powerp/periods.ts";
import type { DatabaseId, Selector } from "../../vendors/powerp/wire.ts";
import { parseSerials } from "../../vendors/serials.ts";
import { checkedAddress } from "../address.ts";
import { type CallOptions, callWords, checkCallOptions, checkedCall } from "../calls.ts";
import { BadUse } from "../exit-codes.ts";
import { checkOutputFile, type OutputFile } from "../output-file.ts";
import { secretFileWords } from "../secret.ts";
import { FROM_WORDS, TO_WORDS } from "../time-option.ts";

const DEFAULT_URL = "http://localhost:5000/api/";

export const POWERP_SECRETS = { vendor: "PowerP", id: "POWERP_CLIENT_ID", secret: "POWERP_CLIENT_SECRET" } as const;

const DOWNLOAD = ["resume", "overwrite"];
export const POWERP_CALLS = {
  databases: { words: "the tenant's databases", needs: [], takes: [] },
  measurements: { words: "the signals of a database, or of all", needs: [], takes: ["database"] },
  query: {
    words: "points of signals over any range",
    needs: ["database", "signals", "from", "to"],
    takes: ["agg", "window", "blockSize", ...DOWNLOAD],
  },
  latest: {
    words: "the newest points of signals, or of a selector's",
    needs: ["database"],
    takes: ["signals", "selector", "lookback", "decode", "api"],
  },
  vocabulary: { words: "the words that selectors may use", needs: ["database"], takes: [] },
  select: {
    words: "points of the signals that a selector selects, over any range",
    needs: ["database", "selector", "from", "to"],
    takes: ["streams", "agg", "window", "maxPoints", "minInterval", "decode", "explain", "api", ...DOWNLOAD],
  },
} as const satisfies Readonly<Record<string, CallOptions>>;
export type PowerPCall = keyof typeof POWERP_CALLS;

const ALWAYS = ["url", "secretFile", "json", "out"];
const LISTING = ["json", "csv"] as const;
const POINTS = ["csv", "ndjson"] as const;

/** The flags of `fetch powerp` and `plan powerp` as they were written. */
export interface PowerPFlags {
  readonly url: string;
  readonly database?: string;
  readonly signals?: string;
  readonly selector?: string;
  readonly streams?: string;
  readonly from?: string;
  readonly to?: string;
  readonly agg?: string;
  readonly window?: string;
  readonly maxPoints?: string;
  readonly minInterval?: string;
  readonly lookback?: string;
  readonly decode?: boolean;
  readonly explain?: boolean;
  readonly api?: string;
  readonly blockSize?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly secretFile?: string;
  readonly json?: boolean;
}

export function addPowerPOptions(command: Command): Command {
  return command
    .argument("<call>", `one of ${Object.keys(POWERP_CALLS).join(", ")}`)
    .option("--url <address>", "where the tenant answers", DEFAULT_URL)
    .option("--database <id>", "database, such as 123")
    .option("--signals <list>", "indexes: ranges and single ones, such as 1001..1200 or 1001,1007")
    .option(
      "--selector <pairs>",
      "what the signals are, such as site=S1,signal=active_power; a name given twice is either",
    )
    .option("--streams <list>", "select: only these stream keys")
    .option("--from <time>", FROM_WORDS)
    .option("--to <time>", TO_WORDS)
    .option("--agg <function>", "how samples become one point: mean, last, max, … (default: mean)")
    .option(
      "--window <period>",
      "how many samples become one point, such as 200ms, 1s, 5m, 1h, 1d; raw points without it",
    )
    .option("--max-points <number>", "select: the vendor chooses windows such that no series has more points")
    .option("--min-interval <period>", "select: windows that the vendor chooses are no shorter")
    .option("--lookback <period>", "latest: how far back a value may lie")
    .option("--decode", "select, latest: the vendor's words for values too")
    .option("--explain", "select: how the vendor would answer; no points")
    .option("--api <which>", "v1, v2 or auto: v2 where the tenant has it (default: auto)")
    .option("--block-size <number>", "query: signals a call, 1 to 20 (default: 10)")
    .option("--out <file>", "points to .csv or .ndjson, everything else to .csv or .json")
    .option("--resume", "go on with the unfinished download that --out names")
    .option("--overwrite", "replace the download that --out names")
    .option("--secret-file <file>", secretFileWords(POWERP_SECRETS))
    .option("--json", "print as JSON: the answer, a download's summary, or points a line each")
    .addHelpText("after", callWords(POWERP_CALLS));
}

/** What was asked for, its options known to fit the call. */
export interface PowerPRequest {
  readonly call: PowerPCall;
  readonly baseUrl: string;
  readonly flags: PowerPFlags;
  readonly api: "auto" | "v1" | "v2";
  readonly json: boolean;
  readonly secretFile: string | undefined;
}

/** @throws BadUse */
export function readPowerPRequest(name: string, command: Command): PowerPRequest {
  const call = checkedCall(name, POWERP_CALLS);
  checkCallOptions(command, call, POWERP_CALLS[call], ALWAYS);
  const flags = command.opts<PowerPFlags>();
  const baseUrl = checkedAddress(flags.url, { flag: "--url", example: DEFAULT_URL });
  const { resume, overwrite, out, explain } = flags;
  if ((resume || overwrite) && (out === undefined || explain))
    throw new BadUse("--resume and --overwrite need a download: --out points.csv.");
  if (resume && overwrite) throw new BadUse("--resume goes on and --overwrite begins anew: choose one.");
  return { call, baseUrl, flags, api: apiOf(flags.api), json: flags.json ?? false, secretFile: flags.secretFile };
}

/** @throws BadUse */
export async function listingOutputs(out: string | undefined): Promise<readonly OutputFile<"json" | "csv">[]> {
  return out === undefined ? [] : [await checkOutputFile(out, LISTING)];
}

/** @throws BadUse */
export async function pointOutput(out: string | undefined): Promise<OutputFile<"csv" | "ndjson"> | null> {
  return out === undefined ? null : checkOutputFile(out, POINTS);
}

/** `checkCallOptions` has seen to it that the call has one. */
export function databaseOf({ database = "" }: PowerPFlags): DatabaseId {
  if (database.trim() === "") throw new BadUse("--database must name a database, such as 123.");
  return /^\d{1,15}$/.test(database) ? Number(database) : database;
}

/** @throws BadUse */
export function signalsOf(text: string, flag = "--signals"): readonly string[] {
  try {
    return parseSerials(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new BadUse(
      `${flag}: ${error.issues[0]?.message ?? "cannot be read"}`.replaceAll("SN-000..SN-499", "1001..1200"),
    );
  }
}

/** `site=S1,signal=active_power`: what a signal must be; of a name that is given twice, either value. @throws BadUse */
export function selectorOf(text: string): Selector {
  const selector = new Map<string, string[]>();
  for (const part of text.split(",").map((pair) => pair.trim())) {
    if (part === "") continue;
    const [name = "", value = "", ...rest] = part.split("=").map((word) => word.trim());
    if (name === "" || value === "" || rest.length > 0) {
      throw new BadUse(`--selector: "${part}" is no pair such as site=S1.`);
    }
    selector.set(name, [...(selector.get(name) ?? []), value]);
  }
  if (selector.size === 0) throw new BadUse("--selector must hold a pair such as site=S1.");
  return Object.fromEntries(
    [...selector].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
  );
}

/** @throws BadUse */
export function periodMsOf(text: string, flag: string): number {
  try {
    return parsePeriodMs(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new BadUse(`${flag} ${error.issues[0]?.message ?? "cannot be read"}: ${text}`);
  }
}

/** @throws BadUse */
export function countOf(text: string, flag: string, { least, most }: { least: number; most: number }): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new BadUse(`${flag} must be a whole number from ${least} to ${most}.`);
}

function apiOf(text = "auto"): "auto" | "v1" | "v2" {
  if (text === "auto" || text === "v1" || text === "v2") return text;
  throw new BadUse("--api must be auto, v1 or v2.");
}
