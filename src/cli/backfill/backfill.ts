import type { Command } from "commander";
import { z } from "zod";
import { handOutMany, handOutOne } from "../catalogue/answer.ts";
import { documentText } from "../listing.ts";
import { LocalClock } from "../local-time.ts";
import { collected } from "../output-file.ts";
import { withExample } from "../program.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, findDevice } from "../server/selection.ts";
import { addTimeRangeOptions, readTimeRange, type TimeRangeFlags } from "../server/time-range.ts";
import { counted, durationText, print, say } from "../terminal.ts";
import { connectionsOf, JOB_COLUMNS, Job, jobPath, namedConnection, shownJob } from "./job.ts";
import { watchJob } from "./watch.ts";

interface JsonFlags extends AskerFlags {
  readonly json?: boolean;
}
interface StartFlags extends JsonFlags, TimeRangeFlags {
  readonly device?: readonly string[];
  readonly tz: string;
  readonly watch?: boolean;
}

/** `kilowatch backfill`. */
export function addBackfill(program: Command): void {
  const backfill = program
    .command("backfill")
    .description("Import what a vendor keeps of the past, newest first, beside the values of now.");
  withExample(backfill, "kilowatch backfill start Cabinets --from 2026-06-01 --to 2026-06-30 --watch");

  const start = backfill
    .command("start <connection>")
    .description("Start an import of a connection, by its id or name; says what it costs and how long it takes.")
    .option(
      "--device <which>",
      "only this device, by its id, name or serial number; may be given more than once",
      collected,
    )
    .option("--tz <zone>", "whose days and times --from and --to are: IANA name", "UTC")
    .option("--watch", "show how far it is until it has ended")
    .option("--json", "print as JSON")
    .action(async (which: string) => startJob(which, start.opts<StartFlags>()));
  addTimeRangeOptions(start, "in the timezone of --tz");
  withExample(addAskerOptions(start), "kilowatch backfill start Cabinets --from 2026-06-01 --to 2026-06-30");

  const list = backfill
    .command("list [connection]")
    .description("Imports of a connection, by its id or name, or of all.")
    .option("--json", "print as JSON")
    .action(async (which: string | undefined) => listJobs(which, list.opts<JsonFlags>()));
  withExample(addAskerOptions(list), "kilowatch backfill list Cabinets");

  for (const [verb, words] of CHANGES) {
    const change = backfill
      .command(`${verb} <job>`)
      .description(words)
      .option("--json", "print as JSON")
      .action(async (id: string) => changeJob(id, verb, change.opts<JsonFlags>()));
    withExample(addAskerOptions(change), `kilowatch backfill ${verb} ${EXAMPLE_ID}`);
  }

  const cancel = backfill
    .command("cancel <job>")
    .description("Cancel an import; what it has brought is kept.")
    .action(async (id: string) => cancelJob(id, cancel.opts<AskerFlags>()));
  withExample(addAskerOptions(cancel), `kilowatch backfill cancel ${EXAMPLE_ID}`);

  const watch = backfill
    .command("watch <job>")
    .description("Show how far an import is until it has ended; Ctrl-C leaves it running.")
    .option("--json", "print it as JSON when it has ended")
    .action(async (id: string) => watchToTheEnd(id, watch.opts<JsonFlags>()));
  withExample(addAskerOptions(watch), `kilowatch backfill watch ${EXAMPLE_ID}`);
}

const EXAMPLE_ID = "01977f5a-0000-7000-8000-000000000007";
const CHANGES = [
  ["pause", "Pause an import."],
  ["resume", "Go on with an import that was paused."],
] as const;

async function startJob(which: string, flags: StartFlags): Promise<void> {
  const { fromMs, toMs } = readTimeRange(flags, new LocalClock(flags.tz, "--tz"));
  await atServer(flags, "write", async (api, signal) => {
    const connection = await namedConnection(api, which, signal);
    const deviceIds: string[] = [];
    for (const device of flags.device ?? []) deviceIds.push((await findDevice(api, device, null)).device.id);
    const body = {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      ...(deviceIds.length > 0 && { deviceIds }),
    };
    const job = await api.create(Job, `/connections/${connection.id}/backfill-jobs`, body, signal);
    const takes = `It takes ${counted(job.requestsLeft, "request")}`;
    if (job.leftMs === null) say(`${takes}, for which the values of now leave nothing of the vendor's limits.`);
    else say(`${takes}, about ${durationText(job.leftMs)} beside the values of now.`);
    const shown = flags.watch ? await watchJob(api, job.id, signal) : job;
    await handOutOne(shown, shownJob(shown), flags.json);
  });
}

async function listJobs(which: string | undefined, flags: JsonFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const connections =
      which === undefined ? await connectionsOf(api, signal) : [await namedConnection(api, which, signal)];
    const jobs: Job[] = [];
    for (const { id } of connections) jobs.push(...(await allOf(api, Job, `/connections/${id}/backfill-jobs`, signal)));
    await handOutMany(jobs, { columns: JOB_COLUMNS, row: shownJob }, flags.json);
  });
}

async function changeJob(id: string, verb: "pause" | "resume", flags: JsonFlags): Promise<void> {
  const path = `${jobPath(id)}/${verb}`;
  await atServer(flags, "write", async (api, signal) => {
    const job = await api.create(Job, path, {}, signal);
    await handOutOne(job, shownJob(job), flags.json);
  });
}

async function cancelJob(id: string, flags: AskerFlags): Promise<void> {
  const path = jobPath(id);
  await atServer(flags, "write", async (api, signal) => {
    await api.delete(z.unknown(), path, signal);
    say("Cancelled: what the import has brought is kept.");
  });
}

async function watchToTheEnd(id: string, { json, ...flags }: JsonFlags): Promise<void> {
  jobPath(id);
  await atServer(flags, "write", async (api, signal) => {
    const job = await watchJob(api, id, signal);
    if (json) print(documentText(job));
  });
}
