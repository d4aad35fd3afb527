import type { Command } from "commander";
import { BadUse } from "../exit-codes.ts";
import { LocalClock } from "../local-time.ts";
import { collected } from "../output-file.ts";
import { addServerOptions, type ServerFlags } from "../server/options.ts";
import type { ImportWishes } from "./guess.ts";
import { DATE_ORDERS } from "./time-format.ts";

export interface ImportFlags extends ServerFlags {
  readonly site?: string;
  readonly device?: string;
  readonly columns?: readonly string[];
  readonly unit?: readonly string[];
  readonly timezone?: string;
  readonly dateOrder?: string;
  readonly badRows: string;
  readonly dryRun?: boolean;
  readonly restart?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addImportOptions(command: Command): Command {
  return addServerOptions(
    command
      .argument("<file>", "a .csv or .ndjson file, or - for stdin")
      .option("--site <name>", "site that readings without one go to; created when it is new (default: Imported data)")
      .option(
        "--device <name>",
        "device that readings without one go to; created when it is new (default: the file's name)",
      )
      .option(
        "--columns <pairs>",
        "what columns are: time=measured_on,active_power=ac_power,… or, of a table with a row a reading, time=…,value=…,metric=…,site=…,device=…,unit=…",
        collected,
      )
      .option(
        "--unit <column=unit>",
        "a column's unit: kW keeps it, kW:W converts it; may be given more than once",
        collected,
      )
      .option("--timezone <zone>", "IANA name, or an offset: of times without one, and of a new site")
      .option("--date-order <order>", "of dates such as 1/2/2026: dmy or mdy")
      .option("--bad-rows <how>", "stop: a bad row keeps all from being written; skip: leave such rows out", "stop")
      .option("--dry-run", "read and check everything, and write nothing")
      .option("--restart", "begin anew where an earlier run of the same command stopped half-way")
      .option("--yes", "write without asking")
      .option("--json", "print the summary as JSON"),
  );
}

export interface ImportRequest {
  readonly wishes: Omit<ImportWishes, "deviceDefault">;
  readonly timezone: string | null;
  readonly skipsBadRows: boolean;
}

/** @throws BadUse */
export function readImportFlags(flags: ImportFlags): ImportRequest {
  const { site, device, columns, unit, timezone, dateOrder, badRows } = flags;
  const order = DATE_ORDERS.find((one) => one === dateOrder) ?? null;
  if (dateOrder !== undefined && order === null) throw new BadUse("--date-order must be dmy or mdy.");
  if (badRows !== "stop" && badRows !== "skip") throw new BadUse("--bad-rows must be stop or skip.");
  return {
    wishes: {
      columns: pairs(columns ?? [], "--columns", "time=measured_on"),
      units: pairs(unit ?? [], "--unit", "ac_power=kW:W"),
      order,
      site: site ?? null,
      device: device ?? null,
    },
    timezone: timezone === undefined ? null : new LocalClock(timezone).zone,
    skipsBadRows: badRows === "skip",
  };
}

/** `a=b,c=d`; a comma within a name is written twice. @throws BadUse */
function pairs(texts: readonly string[], flag: string, example: string): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const text of texts.flatMap((one) => one.split(/(?<!,),(?!,)/))) {
    // A unit holds no equals sign, and a role none: the last of a unit's pair, the first of a column's.
    const at = flag === "--unit" ? text.lastIndexOf("=") : text.indexOf("=");
    const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()].map((part) =>
      part.replaceAll(",,", ","),
    );
    if (at < 1 || !name || !value) throw new BadUse(`${flag}: "${text}" is no pair such as ${example}.`);
    if (read.has(name)) throw new BadUse(`${flag} names ${name} twice.`);
    read.set(name, value);
  }
  return read;
}
