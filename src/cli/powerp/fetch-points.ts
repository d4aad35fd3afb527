import { systemClock } from "../../domain/clock.ts";
import { leastSpanMs } from "../../transport/budget.ts";
import { PowerPClient } from "../../vendors/powerp/client.ts";
import { planPoints } from "../../vendors/powerp/cut.ts";
import type { PointBatch, SelectBatch } from "../../vendors/powerp/points.ts";
import { planSelection } from "../../vendors/powerp/selection.ts";
import type { CallWatch } from "../call-watch.ts";
import { LINE_END } from "../csv.ts";
import { CommandFailed, EXIT } from "../exit-codes.ts";
import { onInterrupt } from "../interrupt.ts";
import { documentText } from "../listing.ts";
import { startProgress } from "../progress.ts";
import { print, printRows, say } from "../terminal.ts";
import { type DownloadSums, download, type PieceBatch } from "./download.ts";
import { DownloadFile, type PieceSink } from "./download-file.ts";
import { type Spent, shortfallLines, summaryRows } from "./download-text.ts";
import type { DownloadRequest } from "./journal.ts";
import { type PowerPRequest, pointOutput } from "./options.ts";
import { Pace, type PiecePlan } from "./pace.ts";
import { INDEX_COLUMNS, type PointText, pointText, STREAM_COLUMNS } from "./point-rows.ts";
import { pointQueryOf, pointRequest, selectQueryOf, selectRequest } from "./queries.ts";
import { StdoutSink } from "./stdout-sink.ts";

/** How the account is opened, once there is a secret. */
export interface Account {
  readonly watch: (note: (words: string) => void) => CallWatch;
  /** @param budgetSpent whether an earlier run may have spent the account's budget a moment ago */
  readonly open: (watch: CallWatch, budgetSpent: boolean) => PowerPClient;
}

interface PointRead<B extends PieceBatch> {
  readonly call: "query" | "select";
  readonly request: DownloadRequest;
  readonly toMs: number;
  /** Null where only the vendor knows. */
  readonly plan: PiecePlan | null;
  readonly columns: readonly string[];
  readonly decoded: boolean;
  readonly read: (
    client: PowerPClient,
    how: { signal: AbortSignal; done: (piece: B["piece"]) => boolean; planned: (pieces: number) => void },
  ) => AsyncIterable<B>;
  readonly textOf: (batch: B, text: PointText) => Iterable<string>;
  readonly nameOf: (piece: B["piece"]) => string;
}

/** `fetch powerp query`. */
export function pointRead(request: PowerPRequest): PointRead<PointBatch> {
  const query = pointQueryOf(request);
  return {
    call: "query",
    request: pointRequest(request.baseUrl, query),
    toMs: query.toMs,
    plan: planPoints(query, query),
    columns: INDEX_COLUMNS,
    decoded: false,
    read: (client, how) => client.readPoints(query, how),
    textOf: ({ points, piece }, text) => text.rows({ points, series: piece.indexes.map((index) => [index]) }),
    nameOf: ({ fromMs, toMs, indexes }) => `${rangeWords(fromMs, toMs)}, ${indexes[0]} … ${indexes.at(-1)}`,
  };
}

/** `fetch powerp select`. */
export function selectRead(request: PowerPRequest): PointRead<SelectBatch> {
  const query = selectQueryOf(request);
  const decoded = query.decode ?? false;
  // A query that is none is refused before a file is made for it.
  planSelection(query, { series: 1 });
  return {
    call: "select",
    request: selectRequest(request.baseUrl, query, request.api),
    toMs: query.toMs,
    plan: null,
    columns: STREAM_COLUMNS,
    decoded,
    read: (client, how) => client.select(query, how),
    textOf: ({ points, streams, decoded: words }, text) =>
      text.rows({ points, series: streams.map(({ streamKey, tag }) => [streamKey, tag]), decoded: words }),
    nameOf: ({ fromMs, toMs, streamKeys }) =>
      `${rangeWords(fromMs, toMs)}${streamKeys ? `, ${streamKeys[0]} … ${streamKeys.at(-1)}` : ""}`,
  };
}

/** Reads points into the file that `--out` names, or onto stdout, and sums it up. Sets the exit code. */
export async function fetchPoints<B extends PieceBatch>(
  { flags, json }: PowerPRequest,
  of: PointRead<B>,
  account: () => Promise<Account>,
): Promise<void> {
  const output = await pointOutput(flags.out);
  const { resume = false, overwrite = false } = flags;
  const opened = await account();
  if (of.toMs > systemClock.nowMs()) {
    say("The range ends in the future: what is measured from now on will not be in it.");
  }
  const { columns, decoded } = of;
  const text = output
    ? pointText(output.format, { columns, decoded })
    : pointText(json ? "ndjson" : "csv", { columns, decoded, lineEnd: LINE_END.pipe });
  const sink: PieceSink = output
    ? await DownloadFile.open({ path: output.path, header: text.header, request: of.request, resume, overwrite })
    : new StdoutSink(text.header);
  const { sums, ...spent } = await carried(of, sink, text, opened);
  const document = { vendor: "powerp", call: of.call, output: output?.path ?? null, ...spent, ...sums };
  if (output && json) print(documentText(document));
  else if (output) await printRows(summaryRows(document));
  for (const line of shortfallLines(sums, document.output)) say(line);
  const brought = sums.pieces.earlier + sums.pieces.done > 0;
  if (!brought && !sums.interrupted && !sums.complete) {
    throw new CommandFailed("No call was answered; what the vendor said stands above.");
  }
  process.exitCode = sums.complete && sums.doubtful === 0 ? EXIT.done : brought ? EXIT.partly : EXIT.failed;
}

async function carried<B extends PieceBatch>(
  of: PointRead<B>,
  sink: PieceSink,
  text: PointText,
  { watch: openWatch, open }: Account,
): Promise<Spent & { readonly sums: DownloadSums }> {
  using interruption = onInterrupt();
  const toStdout = sink instanceof StdoutSink;
  const progress = await startProgress({
    title: "PowerP",
    total: of.plan?.pieces ?? 1,
    unit: "calls",
    plain: toStdout,
  });
  const watch = openWatch((words) => progress.note(words));
  const client = open(watch, sink.earlier.pieces > 0);
  const pace = new Pace(of.plan, () => systemClock.monotonicMs());
  const fromMs = systemClock.monotonicMs();
  try {
    const batches = of.read(client, {
      signal: AbortSignal.any([interruption.signal, watch.hopeless]),
      done: ({ key }) => sink.has(key),
      planned(pieces) {
        pace.plan = { pieces, spanMs: leastSpanMs(pieces, PowerPClient.limits.budgets) };
        progress.setTotal(pieces);
      },
    });
    const sums = await download<B>({
      batches,
      sink,
      textOf: (batch) => of.textOf(batch, text),
      nameOf: of.nameOf,
      pace,
      progress,
      watch,
      signal: interruption.signal,
    });
    const durationMs = Math.round(systemClock.monotonicMs() - fromMs);
    return { requests: watch.requests, durationMs, limitMs: pace.plan?.spanMs ?? null, sums };
  } finally {
    progress.stop();
    await sink.close(false);
    await client.close();
  }
}

function rangeWords(fromMs: number, toMs: number): string {
  return `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
}
