import { VendorAuthRejected, VendorError } from "../../transport/errors.ts";
import type { ElecnovaClient } from "../../vendors/elecnova/client.ts";
import { piecewise } from "../../vendors/piecewise.ts";
import type { QualityIssue } from "../../vendors/vendor.ts";
import type { CallWatch } from "../call-watch.ts";
import { CommandFailed, EXIT } from "../exit-codes.ts";
import { handOutListing, LISTING_FORMATS, type ListingFormat } from "../listing.ts";
import { checkOutputFile, type OutputFile } from "../output-file.ts";
import type { Progress } from "../progress.ts";
import { counted, say } from "../terminal.ts";
import { readTimeRange } from "../time-option.ts";
import { type ElecnovaCall, type ElecnovaRequest, modeOf, monthOf, yearOf } from "./options.ts";
import {
  COLUMNS,
  cabinetRow,
  componentRows,
  energyRows,
  powerRows,
  type Row,
  type RowsOutcome,
  topicRows,
} from "./rows.ts";

/** Cabinets that are asked for at once: enough to spend 100 requests a second while an answer takes 300 ms. */
const CABINETS_OPEN_MAX = 32;
/** So many failures, and no answer: asking for the other cabinets would fail as well. */
export const FRUITLESS_CABINETS_MAX = 20;
/** Known, but may not see this: one cabinet's matter. */
const FORBIDDEN = 403;
const ISSUES_TOLD_MAX = 20;

export type RowsCall = Exclude<ElecnovaCall, "live">;
export type ReadCabinet = (client: ElecnovaClient, sn: string, signal: AbortSignal) => Promise<RowsOutcome>;

interface Failure {
  readonly sn: string;
  readonly failure: VendorError;
}

/** What a command brought, cabinet by cabinet. */
export interface Gathered {
  readonly rows: readonly Row[];
  readonly issues: readonly QualityIssue[];
  readonly failures: readonly Failure[];
  readonly answered: number;
  /** Not asked for, or not answered yet, when it was stopped. */
  readonly unfinished: number;
  readonly interrupted: boolean;
}

/** What is asked for each cabinet, its options checked before anything is sent; null for a call of another kind. @throws BadUse */
export function readOfCabinet({ call, flags }: ElecnovaRequest): ReadCabinet | null {
  const { timeZone } = flags;
  switch (call) {
    case "components":
      return async (client, sn, signal) => componentRows(await client.cabinet(sn, { signal }));
    case "topics": {
      const mode = modeOf(flags.mode);
      return async (client, sn, signal) => topicRows(sn, await client.topics(sn, mode, { signal }));
    }
    case "pv-power": {
      const range = readTimeRange(flags.from, flags.to, call);
      return async (client, sn, signal) => powerRows(await client.pvPower(sn, range, { signal }));
    }
    case "pv-daily":
      return async (client, sn, signal) => energyRows(sn, await client.pvEnergyDaily(sn, { signal, timeZone }));
    case "pv-monthly": {
      const month = monthOf(flags.month);
      return async (client, sn, signal) =>
        energyRows(sn, await client.pvEnergyMonthly(sn, month, { signal, timeZone }));
    }
    case "pv-yearly": {
      const year = yearOf(flags.year);
      return async (client, sn, signal) => energyRows(sn, await client.pvEnergyYearly(sn, year, { signal, timeZone }));
    }
    case "cabinets":
    case "live":
      return null;
  }
}

/** Checked before anything is sent. @throws BadUse */
export function listingOutputs(out: readonly string[] = []): Promise<readonly OutputFile<ListingFormat>[]> {
  return Promise.all(out.map((path) => checkOutputFile(path, LISTING_FORMATS)));
}

/** All cabinets of the account; an interrupted list is what came of it. */
export async function gatherCabinets(
  client: ElecnovaClient,
  stop: AbortSignal,
  interrupted: AbortSignal,
): Promise<Gathered> {
  const rows: Row[] = [];
  const issues: QualityIssue[] = [];
  try {
    for await (const cabinet of client.cabinets({ signal: stop, onIssue: (issue) => issues.push(issue) }))
      rows.push(cabinetRow(cabinet));
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
  return { rows, issues, failures: [], answered: rows.length, unfinished: 0, interrupted: interrupted.aborted };
}

/** Asks for each cabinet; one that fails for good does not stop the others. @throws VendorAuthRejected, CommandFailed */
export async function gatherEach(
  client: ElecnovaClient,
  sns: readonly string[],
  read: ReadCabinet,
  {
    progress,
    watch,
    stop,
    interrupted,
  }: { progress: Progress; watch: CallWatch; stop: AbortSignal; interrupted: AbortSignal },
): Promise<Gathered> {
  const outcomes = new Map<string, RowsOutcome>();
  const failures: Failure[] = [];
  const startedAtMs = performance.now();
  const reading = piecewise({
    pieces: sns,
    openMax: CABINETS_OPEN_MAX,
    signal: stop,
    read: async (sn, signal) => {
      try {
        return { sn, outcome: await read(client, sn, signal) };
      } catch (error) {
        if (!(error instanceof VendorError)) throw error;
        if (error instanceof VendorAuthRejected && error.status !== FORBIDDEN) throw error;
        return { sn, failure: error };
      }
    },
  });
  try {
    for await (const read of reading) {
      if (read.failure) failures.push(read);
      else outcomes.set(read.sn, read.outcome);
      const [first] = failures;
      if (first && outcomes.size === 0 && failures.length === FRUITLESS_CABINETS_MAX)
        throw watch.unreachable(first.failure);
      const settled = outcomes.size + failures.length;
      progress.advance(settled, ((performance.now() - startedAtMs) / settled) * (sns.length - settled));
    }
  } catch (error) {
    if (error instanceof CommandFailed || !interrupted.aborted) throw error;
  }
  return {
    rows: sns.flatMap((sn) => outcomes.get(sn)?.rows ?? []),
    issues: sns.flatMap((sn) => outcomes.get(sn)?.issues ?? []),
    failures,
    answered: outcomes.size,
    unfinished: sns.length - outcomes.size - failures.length,
    interrupted: interrupted.aborted,
  };
}

/** Files, stdout, and what lacks on stderr. Sets the exit code. */
export async function handOutRows(
  request: ElecnovaRequest & { readonly call: RowsCall },
  gathered: Gathered,
  watch: CallWatch,
): Promise<void> {
  const { call, flags, json } = request;
  const { rows, issues, answered, unfinished, interrupted } = gathered;
  const failures = gathered.failures.map(({ sn, failure }) => ({ sn, error: failure.name, message: failure.message }));
  const complete = failures.length + issues.length + unfinished === 0 && !interrupted;
  const outputs = await listingOutputs(flags.out);
  const document = {
    vendor: "elecnova",
    call,
    complete,
    interrupted,
    requests: watch.requests,
    rows,
    failures,
    issues,
  };
  await handOutListing({ columns: COLUMNS[call], rows, document }, { outputs, json });
  for (const { sn, message } of failures) say(`failed: ${sn}: ${message}`);
  for (const { device, detail, original } of issues.slice(0, ISSUES_TOLD_MAX))
    say(`doubtful: ${device}: ${detail} It sent ${original}`);
  if (issues.length > ISSUES_TOLD_MAX) say(`doubtful: ${issues.length - ISSUES_TOLD_MAX} more`);
  if (interrupted) say(unfinished > 0 ? `Stopped: not answered: ${counted(unfinished, "cabinet")}.` : "Stopped.");
  if (answered === 0 && failures.length > 0)
    throw new CommandFailed("No cabinet was answered; what the vendor said stands above.");
  process.exitCode = complete ? EXIT.done : answered > 0 ? EXIT.partly : EXIT.failed;
}
