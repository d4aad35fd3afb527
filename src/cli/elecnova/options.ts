import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { InvalidInput } from "../../domain/errors.ts";
import { API_PROFILES, type ApiProfile } from "../../vendors/elecnova/auth.ts";
import { BASE_URL } from "../../vendors/elecnova/options.ts";
import type { TopicMode } from "../../vendors/elecnova/wire.ts";
import { parseSerials } from "../../vendors/serials.ts";
import { checkedAddress } from "../address.ts";
import { type CallOptions, callWords, checkCallOptions, checkedCall } from "../calls.ts";
import { BadUse } from "../exit-codes.ts";
import { collected } from "../output-file.ts";
import { secretFileWords } from "../secret.ts";
import { FROM_WORDS, TO_WORDS } from "../time-option.ts";

export const ELECNOVA_SECRETS = {
  vendor: "Elecnova",
  id: "ELECNOVA_CLIENT_ID",
  secret: "ELECNOVA_CLIENT_SECRET",
} as const;

export const ELECNOVA_CALLS = {
  cabinets: { words: "the account's cabinets", needs: [], takes: [] },
  components: { words: "what stands in a cabinet", needs: ["sn"], takes: [] },
  topics: { words: "a cabinet's MQTT topics", needs: ["sn"], takes: ["mode"] },
  "pv-power": { words: "PV power of every 5 minutes", needs: ["sn", "from", "to"], takes: [] },
  "pv-daily": { words: "PV energy of the past 7 days", needs: ["sn"], takes: ["timeZone"] },
  "pv-monthly": { words: "PV energy of the days of a month", needs: ["sn", "month"], takes: ["timeZone"] },
  "pv-yearly": { words: "PV energy of the months of a year", needs: ["sn", "year"], takes: ["timeZone"] },
  live: {
    words: "what cabinets send, as it comes, until Ctrl-C",
    needs: ["sn"],
    takes: ["mode", "mqttUrl", "mqttCa", "for", "count"],
  },
} as const satisfies Readonly<Record<string, CallOptions>>;
export type ElecnovaCall = keyof typeof ELECNOVA_CALLS;

const ALWAYS = ["url", "profile", "secretFile", "json", "out"];
const MQTT_EXAMPLE = "mqtts://localhost:1884";

/** The flags of `fetch elecnova` and `plan elecnova` as they were written. */
export interface ElecnovaFlags {
  readonly url: string;
  readonly profile: string;
  readonly sn?: string;
  readonly from?: string;
  readonly to?: string;
  readonly month?: string;
  readonly year?: string;
  readonly timeZone?: string;
  readonly mode?: string;
  readonly mqttUrl?: string;
  readonly mqttCa?: string;
  readonly for?: string;
  readonly count?: string;
  readonly out?: readonly string[];
  readonly secretFile?: string;
  readonly json?: boolean;
}

export function addElecnovaOptions(command: Command): Command {
  return command
    .argument("<call>", `one of ${Object.keys(ELECNOVA_CALLS).join(", ")}`)
    .option("--url <address>", "where the vendor answers; a simulator's is http://localhost:3001", BASE_URL)
    .option("--profile <name>", "live: as the vendor answers today; documented: as its interface document says", "live")
    .option("--sn <list>", "cabinets: ranges and names, such as ESS-001..ESS-012")
    .option("--from <time>", FROM_WORDS)
    .option("--to <time>", TO_WORDS)
    .option("--month <YYYY-MM>", "pv-monthly: which month, by the cabinet's own days")
    .option("--year <YYYY>", "pv-yearly: which year, by the cabinet's own months")
    .option("--time-zone <name>", "pv-daily, -monthly, -yearly: the cabinets' zone; else the vendor is asked for it")
    .option("--mode <which>", "topics, live: 1 or cabinet, 2 or component (default: cabinet)")
    .option("--mqtt-url <address>", "live: the broker (default: mqtts, the host of --url, port 1884)")
    .option("--mqtt-ca <file>", "live: certificates (PEM) that sign the broker's, where the machine knows none")
    .option("--for <time>", "live: end after a time such as 30s, 5m or 2h")
    .option("--count <number>", "live: end after so many readings")
    .option(
      "--out <file>",
      "all of it (.json), or a row each (.csv), may be given for both; live: added to .ndjson",
      collected,
    )
    .option("--secret-file <file>", secretFileWords(ELECNOVA_SECRETS))
    .option("--json", "print as JSON; live: a line each")
    .addHelpText("after", callWords(ELECNOVA_CALLS));
}

/** What was asked for, its options known to fit the call. */
export interface ElecnovaRequest {
  readonly call: ElecnovaCall;
  readonly baseUrl: string;
  readonly profile: ApiProfile;
  /** Empty for `cabinets`. */
  readonly sns: readonly string[];
  readonly flags: ElecnovaFlags;
  readonly json: boolean;
  readonly secretFile: string | undefined;
}

/** @throws BadUse */
export function readElecnovaRequest(name: string, command: Command): ElecnovaRequest {
  const call = checkedCall(name, ELECNOVA_CALLS);
  checkCallOptions(command, call, ELECNOVA_CALLS[call], ALWAYS);
  const flags = command.opts<ElecnovaFlags>();
  return {
    call,
    baseUrl: checkedAddress(flags.url, { flag: "--url", example: BASE_URL }),
    profile: profileOf(flags.profile),
    sns: flags.sn === undefined ? [] : snsOf(flags.sn),
    flags,
    json: flags.json ?? false,
    secretFile: flags.secretFile,
  };
}

/** @throws BadUse */
export function modeOf(text = "cabinet"): TopicMode {
  if (text === "1" || text === "cabinet") return "cabinet";
  if (text === "2" || text === "component") return "component";
  throw new BadUse("--mode must be 1 (cabinet) or 2 (component).");
}

/** @throws BadUse */
export function monthOf(text = ""): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new BadUse(`--month must be a month such as 2026-03: ${text}`);
}

/** @throws BadUse */
export function yearOf(text = ""): number {
  if (/^(19[7-9]\d|[2-9]\d{3})$/.test(text)) return Number(text);
  throw new BadUse(`--year must be a year such as 2026: ${text}`);
}

/** Where the broker is and who signs its certificate, checked. @throws BadUse */
export async function brokerOf(
  flags: ElecnovaFlags,
): Promise<{ mqttUrl: string | undefined; mqttCa: string | undefined }> {
  const { mqttUrl, mqttCa } = flags;
  if (mqttUrl !== undefined) {
    checkedAddress(mqttUrl, { flag: "--mqtt-url", example: MQTT_EXAMPLE, protocols: ["mqtts:"] });
  }
  return { mqttUrl, mqttCa: mqttCa === undefined ? undefined : await certificatesOf(mqttCa) };
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** When a live stream ends by itself; null for never. @throws BadUse */
export function endOf(flags: ElecnovaFlags): {
  readonly afterMs: number | null;
  readonly afterReadings: number | null;
} {
  const { for: time, count } = flags;
  const [, number, unit] = /^([1-9]\d{0,4})([smh])$/.exec(time ?? "") ?? [];
  if (time !== undefined && number === undefined)
    throw new BadUse(`--for must be a time such as 30s, 5m or 2h: ${time}`);
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
    throw new BadUse(`--count must be a whole number from 1: ${count}`);
  return {
    afterMs: number === undefined ? null : Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS],
    afterReadings: count === undefined ? null : Number(count),
  };
}

function profileOf(text: string): ApiProfile {
  const profile = API_PROFILES.find((name) => name === text);
  if (profile) return profile;
  throw new BadUse(`--profile must be ${API_PROFILES.join(" or ")}.`);
}

function snsOf(text: string): readonly string[] {
  try {
    return parseSerials(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new BadUse(`--sn: ${error.issues[0]?.message ?? "cannot be read"}`);
  }
}

async function certificatesOf(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new BadUse(
      `The file of --mqtt-ca cannot be read (${(error as NodeJS.ErrnoException).code ?? "unreadable"}): ${file}`,
    );
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----"))
    throw new BadUse(`The file of --mqtt-ca holds no certificate (PEM): ${file}`);
  return text;
}
