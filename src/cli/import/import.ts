import { basename, extname } from "node:path";
import type { Command } from "commander";
import { isTimeZone } from "../../domain/calendar.ts";
import { systemClock } from "../../domain/clock.ts";
import { confirmed } from "../confirm.ts";
import { BadUse, CommandFailed, EXIT } from "../exit-codes.ts";
import { onInterrupt } from "../interrupt.ts";
import { withExample } from "../program.ts";
import { openServer } from "../server/options.ts";
import { say } from "../terminal.ts";
import { createSite, fittedTo, lookUp, UNKNOWN_DESTINATION } from "./destination.ts";
import { guessPlan } from "./guess.ts";
import { addImportOptions, type ImportFlags, type ImportRequest, readImportFlags } from "./options.ts";
import type { ImportPlan } from "./plan.ts";
import { checkLines, planLines } from "./plan-text.ts";
import { checkAll, type ImportJob, latestMs, writeAll } from "./run.ts";
import { takeSample } from "./sample.ts";
import { type ImportSource, openSource } from "./source.ts";
import { handOutSummary, summaryOf } from "./summary.ts";

const WRITE = {
  question: "Write this?",
  unasked: "Nothing was written: there is nobody to ask, and --yes writes without asking.",
};

/** `kilowatch import`. */
export function addImport(program: Command): void {
  const command = program
    .command("import")
    .description("Store the readings of a CSV or NDJSON file: says first how it reads the file, and asks.")
    .action(async (path: string) => importFile(path, command.opts<ImportFlags>()));
  withExample(
    addImportOptions(command),
    "KILOWATCH_API_KEY=… kilowatch import serf_east.csv --site 'SERF East' --timezone America/Denver --unit ac_power=kW:W",
    "kilowatch import log.csv --columns time=Datum,active_power=P_AC --timezone Europe/Madrid --dry-run",
    "kilowatch export --site Madrid --format ndjson | kilowatch import - --url https://other.example --key-file key.txt --yes",
  );
}

async function importFile(path: string, flags: ImportFlags): Promise<void> {
  const request = readImportFlags(flags);
  using interruption = onInterrupt();
  const { signal } = interruption;
  const source = await openSource(path);
  const sample = takeSample(source.beginning.text, source.beginning.isWhole, source.name);
  const guessed = guessPlan(sample, { ...request.wishes, deviceDefault: deviceNameOf(source) });
  await using api = flags.dryRun ? null : await openServer(flags, "write");
  const destination = api ? await lookUp(api, guessed) : UNKNOWN_DESTINATION;
  const plan = fittedTo(guessed, destination);
  const timezone = timezoneOf(plan, request, destination.timezone);
  const siteTimezone = request.timezone !== null && isTimeZone(request.timezone) ? request.timezone : "UTC";
  for (const line of planLines({ name: source.name, plan, destination, timezone, siteTimezone })) say(line);

  const job: ImportJob = {
    source,
    sample,
    plan,
    timezone: timezone?.zone ?? null,
    latestMs: latestMs(systemClock.nowMs()),
    skipsBadRows: request.skipsBadRows,
    restart: flags.restart ?? false,
    signal,
  };
  const checked = source.file === null ? null : await checkAll(job);
  if (checked) for (const line of checkLines(checked.tally, checked.series, checked.overlaps)) say(line);
  if (checked && checked.tally.badRows > 0 && !request.skipsBadRows) {
    throw new CommandFailed("Nothing was written: there are bad rows, and --bad-rows skip leaves them out.");
  }
  if (checked && checked.tally.readings === 0)
    throw new CommandFailed("Nothing was written: there is no reading in it.");
  if (!api) {
    if (!checked) throw new BadUse("--dry-run needs a file: what comes through stdin can be read only once.");
    await handOutSummary(summaryOf(job, { checked, stored: null }), flags.json ?? false);
    process.exitCode = checked.tally.badRows > 0 ? EXIT.partly : EXIT.done;
    return;
  }
  if (!flags.yes && !(await confirmed(WRITE, signal))) throw new CommandFailed("Nothing was written.");
  if (destination.site === "new" && "text" in plan.site && siteTimezone !== "UTC") {
    const words = await createSite(api, plan.site.text, siteTimezone);
    if (words !== null) say(words);
  }
  const written = await writeAll(api, job, checked);
  await handOutSummary(summaryOf(job, written), flags.json ?? false);
  process.exitCode = verdict(written);
}

function verdict({ checked, stored, failure }: Awaited<ReturnType<typeof writeAll>>): number {
  if (failure === null) return checked.tally.badRows > 0 ? EXIT.partly : EXIT.done;
  return stored.readings > 0 ? EXIT.partly : EXIT.failed;
}

/** The zone of times without an offset; null when all have one. @throws BadUse when there is none to be had */
function timezoneOf({ time }: ImportPlan, { timezone }: ImportRequest, ofSite: string | null) {
  if (!time.isLocal) return null;
  if (timezone !== null) return { zone: timezone, from: "by --timezone" };
  if (ofSite !== null) return { zone: ofSite, from: "the site's" };
  throw new BadUse(
    `Times such as ${time.example} have no offset: name their timezone, such as --timezone Europe/Madrid, or --timezone UTC.`,
  );
}

function deviceNameOf({ file, name }: ImportSource): string | null {
  return file === null ? null : basename(name, extname(name));
}
