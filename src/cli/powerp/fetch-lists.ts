import type { VendorError } from "../../transport/errors.ts";
import type { PowerPClient } from "../../vendors/powerp/client.ts";
import type { QualityIssue } from "../../vendors/vendor.ts";
import type { CsvValue } from "../csv.ts";
import { BadUse, CommandFailed, EXIT } from "../exit-codes.ts";
import { handOutListing, type Listing } from "../listing.ts";
import { say } from "../terminal.ts";
import { databaseOf, listingOutputs, type PowerPRequest, periodMsOf, selectorOf, signalsOf } from "./options.ts";
import { selectQueryOf } from "./queries.ts";

interface Answered {
  readonly listing: Listing;
  readonly failures?: readonly { readonly asked: readonly string[]; readonly failure: VendorError }[];
  readonly missing?: readonly string[];
  readonly issues?: readonly QualityIssue[];
}

type Ask = (client: PowerPClient, signal: AbortSignal) => Promise<Answered>;

const DATABASE_COLUMNS = ["id", "name", "connectionId", "powerPlantId"] as const;
const MEASUREMENT_COLUMNS = [
  ...["databaseId", "index", "name", "tag", "unitSymbol", "dataType", "minValue", "maxValue"],
  ...["firstDataPoint", "defaultAgg", "description"],
] as const;

/** What a call that brings a list asks for, its options checked before anything is sent. @throws BadUse */
export function listRead(request: PowerPRequest): Ask {
  const { call, flags } = request;
  if (call === "databases") {
    return async (client, signal) => listingOf(call, DATABASE_COLUMNS, await client.databases({ signal }));
  }
  if (call === "measurements") {
    const databaseId = flags.database === undefined ? undefined : databaseOf(flags);
    return async (client, signal) =>
      listingOf(call, MEASUREMENT_COLUMNS, await client.measurements({ databaseId }, { signal }));
  }
  if (call === "vocabulary") return vocabularyRead(request);
  if (call === "select") {
    const query = selectQueryOf(request);
    return async (client, signal) => {
      const facts = await client.explain(query, { signal });
      const rows = Object.entries(facts).map(([name, value]) => ({ name, value: textOf(value) }));
      return {
        listing: { columns: ["name", "value"], rows, document: { vendor: "powerp", call: "explain", query: facts } },
      };
    };
  }
  return latestRead(request);
}

/** Asks, hands out what came, and tells what lacks. Sets the exit code. */
export async function fetchList(
  { flags, json }: PowerPRequest,
  ask: (signal: AbortSignal) => Promise<Answered>,
  signal: AbortSignal,
): Promise<void> {
  const outputs = await listingOutputs(flags.out);
  const { listing, failures = [], missing = [], issues = [] } = await ask(signal);
  await handOutListing(listing, { outputs, json });
  for (const { asked, failure } of failures) say(`failed: ${asked[0]} … ${asked.at(-1)}: ${failure.message}`);
  if (missing.length > 0) say(`without a value: ${missing.join(", ")}`);
  for (const { device, detail, original } of issues) say(`doubtful: ${device}: ${detail} It sent ${original}`);
  if (listing.rows.length === 0 && failures.length > 0) {
    throw new CommandFailed("No call was answered; what the vendor said stands above.");
  }
  process.exitCode = failures.length + missing.length + issues.length > 0 ? EXIT.partly : EXIT.done;
}

function vocabularyRead({ flags }: PowerPRequest): Ask {
  const databaseId = databaseOf(flags);
  return async (client, signal) => {
    const vocabulary = await client.vocabulary(databaseId, { signal });
    const rows = Object.entries(vocabulary.dimensions).flatMap(([dimension, values]) =>
      values.map((value) => ({ dimension, value })),
    );
    return {
      listing: {
        columns: ["dimension", "value"],
        rows,
        document: { vendor: "powerp", call: "vocabulary", ...vocabulary },
      },
    };
  };
}

function latestRead({ flags }: PowerPRequest): Ask {
  const databaseId = databaseOf(flags);
  if ((flags.signals === undefined) === (flags.selector === undefined)) {
    throw new BadUse("latest needs --signals or --selector, and not both.");
  }
  if (flags.selector !== undefined) {
    const selector = selectorOf(flags.selector);
    if (flags.lookback !== undefined) throw new BadUse("latest takes --lookback with --signals only.");
    return async (client, signal) => {
      const { points, streams, decoded, issues } = await client.selectLatest(
        { databaseId, selector, decode: flags.decode },
        { signal },
      );
      const rows = Array.from({ length: points.length }, (_, at) => {
        const stream = streams[points.positions[at] ?? 0];
        const named = { streamKey: stream?.streamKey ?? "", tag: stream?.tag ?? null };
        return { ...named, ...pointAt(points, at), ...(decoded ? { decoded: decoded[at] ?? null } : {}) };
      });
      const columns = ["streamKey", "tag", "timestamp", "value", ...(decoded ? ["decoded"] : [])];
      return {
        listing: { columns, rows, document: { vendor: "powerp", call: "latest", points: rows, issues } },
        issues,
      };
    };
  }
  const indexes = signalsOf(flags.signals ?? "");
  const lookbackMs = flags.lookback === undefined ? undefined : periodMsOf(flags.lookback, "--lookback");
  return async (client, signal) => {
    const found = new Map<string, { timestamp: string; value: number }>();
    const answered = {
      failures: [] as { asked: readonly string[]; failure: VendorError }[],
      missing: [] as string[],
      issues: [] as QualityIssue[],
    };
    for await (const batch of client.latest(databaseId, indexes, { signal, lookbackMs })) {
      if (batch.failure) answered.failures.push({ asked: batch.indexes, failure: batch.failure });
      answered.missing.push(...batch.missing);
      answered.issues.push(...batch.issues);
      for (let at = 0; at < batch.points.length; at++) {
        found.set(batch.indexes[batch.points.positions[at] ?? 0] ?? "", pointAt(batch.points, at));
      }
    }
    const rows = indexes.flatMap((index) => {
      const point = found.get(index);
      return point ? [{ index, ...point }] : [];
    });
    const failures = answered.failures.map(({ asked, failure }) => ({
      signals: asked,
      error: failure.name,
      message: failure.message,
    }));
    const document = {
      vendor: "powerp",
      call: "latest",
      points: rows,
      missing: answered.missing,
      failures,
      issues: answered.issues,
    };
    return { listing: { columns: ["index", "timestamp", "value"], rows, document }, ...answered };
  };
}

function pointAt(
  { timesMs, values }: { readonly timesMs: ArrayLike<number>; readonly values: ArrayLike<number> },
  at: number,
): { timestamp: string; value: number } {
  return { timestamp: new Date(timesMs[at] ?? 0).toISOString(), value: values[at] ?? 0 };
}

function listingOf(
  call: string,
  columns: readonly string[],
  rows: readonly Readonly<Record<string, CsvValue>>[],
): Answered {
  return { listing: { columns, rows, document: { vendor: "powerp", call, [call]: rows } } };
}

function textOf(value: unknown): CsvValue {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : (value as CsvValue);
}
