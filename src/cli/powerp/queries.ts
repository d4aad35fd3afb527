import { BLOCK_SIZE_DEFAULT, type PointQuery, SIGNALS_PER_CALL_MAX } from "../../vendors/powerp/cut.ts";
import { periodText } from "../../vendors/powerp/periods.ts";
import type { SelectQuery } from "../../vendors/powerp/selection.ts";
import { BadUse } from "../exit-codes.ts";
import { readTimeRange } from "../time-option.ts";
import type { DownloadRequest } from "./journal.ts";
import {
  countOf,
  databaseOf,
  type PowerPFlags,
  type PowerPRequest,
  periodMsOf,
  selectorOf,
  signalsOf,
} from "./options.ts";

const AGG_DEFAULT = "mean";
const MAX_POINTS_MOST = 1_000_000;

export interface BlockedPointQuery extends PointQuery {
  readonly aggFunction: string;
  readonly blockSize: number;
}

/** What `query` is asked for. @throws BadUse */
export function pointQueryOf({ flags }: PowerPRequest): BlockedPointQuery {
  return {
    databaseId: databaseOf(flags),
    indexes: signalsOf(flags.signals ?? ""),
    ...readTimeRange(flags.from, flags.to, "query"),
    aggFunction: aggOf(flags),
    windowMs: flags.window === undefined ? undefined : periodMsOf(flags.window, "--window"),
    blockSize:
      flags.blockSize === undefined
        ? BLOCK_SIZE_DEFAULT
        : countOf(flags.blockSize, "--block-size", { least: 1, most: SIGNALS_PER_CALL_MAX }),
  };
}

/** What `select` is asked for. @throws BadUse */
export function selectQueryOf({ flags }: PowerPRequest): SelectQuery {
  const { window, maxPoints, minInterval } = flags;
  if (window !== undefined && (maxPoints !== undefined || minInterval !== undefined)) {
    throw new BadUse(
      "--window sets the windows; --max-points and --min-interval let the vendor choose them: give one or the other.",
    );
  }
  return {
    databaseId: databaseOf(flags),
    selector: selectorOf(flags.selector ?? ""),
    streamKeys: flags.streams === undefined ? undefined : signalsOf(flags.streams, "--streams"),
    ...readTimeRange(flags.from, flags.to, "select"),
    aggFunction: flags.agg === undefined ? undefined : aggOf(flags),
    windowMs: window === undefined ? undefined : periodMsOf(window, "--window"),
    maxDataPoints:
      maxPoints === undefined ? undefined : countOf(maxPoints, "--max-points", { least: 1, most: MAX_POINTS_MOST }),
    minIntervalMs: minInterval === undefined ? undefined : periodMsOf(minInterval, "--min-interval"),
    decode: flags.decode,
  };
}

/** What must be the same for a download of `query` to go on. */
export function pointRequest(baseUrl: string, query: BlockedPointQuery): DownloadRequest {
  return {
    ...frame("query", baseUrl, query),
    "--signals": query.indexes.join(","),
    "--block-size": String(query.blockSize),
  };
}

/** What must be the same for a download of `select` to go on. */
export function selectRequest(baseUrl: string, query: SelectQuery, api: string): DownloadRequest {
  const { streamKeys, maxDataPoints, minIntervalMs, decode } = query;
  const selector = Object.entries(query.selector).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}=${value}`),
  );
  return {
    ...frame("select", baseUrl, query),
    "--selector": selector.sort().join(","),
    "--api": api,
    ...(streamKeys === undefined ? {} : { "--streams": streamKeys.join(",") }),
    ...(maxDataPoints === undefined ? {} : { "--max-points": String(maxDataPoints) }),
    ...(minIntervalMs === undefined ? {} : { "--min-interval": periodText(minIntervalMs) }),
    ...(decode ? { "--decode": "yes" } : {}),
  };
}

function frame(call: string, baseUrl: string, query: PointQuery | SelectQuery): DownloadRequest {
  const { databaseId, fromMs, toMs, aggFunction, windowMs } = query;
  return {
    call,
    "--url": baseUrl.replace(/\/+$/, ""),
    "--database": String(databaseId),
    "--from": new Date(fromMs).toISOString(),
    "--to": new Date(toMs).toISOString(),
    ...(aggFunction === undefined ? {} : { "--agg": aggFunction }),
    ...(windowMs === undefined ? {} : { "--window": periodText(windowMs) }),
  };
}

function aggOf({ agg = AGG_DEFAULT }: PowerPFlags): string {
  if (!/^[A-Za-z][\w-]{0,30}$/.test(agg))
    throw new BadUse(`--agg must be a function's name such as mean, last or max: ${agg}`);
  return agg;
}
