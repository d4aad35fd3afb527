import { leastSpanMs } from "../../transport/budget.ts";
import { planPoints, REQUESTS_PER_SECOND_DEFAULT, SIGNALS_PER_CALL_MAX } from "../../vendors/powerp/cut.ts";
import { chosenWindowMs, planSelection, type SelectQuery } from "../../vendors/powerp/selection.ts";
import { listRead } from "./fetch-lists.ts";
import { type PowerPRequest, signalsOf } from "./options.ts";
import { pointQueryOf, selectQueryOf } from "./queries.ts";

/** Signals that a selection is taken to have where no streams are named: only the vendor knows. */
const SERIES_ASSUMED = 10;
export const REQUESTS_PER_SECOND = REQUESTS_PER_SECOND_DEFAULT;
const BUDGETS = [{ requests: REQUESTS_PER_SECOND_DEFAULT, perMs: 1_000 }];

/** What one call of `fetch powerp` takes; its field names are the JSON document's. */
export interface CallPlan {
  readonly calls: number;
  /** From the first call to the last at the limit with a network that takes no time, the login among them. */
  readonly spanMs: number;
  /** Of `query`. */
  readonly windows?: number;
  readonly blocks?: number;
  readonly assumed: readonly string[];
}

/** @throws BadUse, InvalidInput as the fetch would */
export function planOf(request: PowerPRequest): CallPlan {
  const { call, flags } = request;
  if (call === "query") {
    const query = pointQueryOf(request);
    const { pieces, windows, blocks, spanMs } = planPoints(query, query);
    return { calls: pieces, spanMs, windows, blocks, assumed: [] };
  }
  if (call === "select" && !flags.explain) return selectPlan(selectQueryOf(request), request.api);
  // Checks the options as the fetch would.
  listRead(request);
  if (call !== "latest") return planned(call === "select" ? 2 : 1, []);
  if (flags.signals !== undefined) {
    const signals = signalsOf(flags.signals).length;
    return planned(Math.ceil(signals / SIGNALS_PER_CALL_MAX), []);
  }
  return planned(2, ["the tenant has v2: one call to find that out, one for the points"]);
}

function selectPlan(query: SelectQuery, api: PowerPRequest["api"]): CallPlan {
  const named = query.streamKeys?.length;
  const series = named ?? SERIES_ASSUMED;
  const counted = named === undefined ? [`the selector selects ${SERIES_ASSUMED} signals`] : [];
  if (api === "v1") {
    const indexes = Array.from({ length: series }, (_, at) => String(at));
    const { pieces } = planPoints({ ...query, indexes, windowMs: chosenWindowMs(query) });
    return planned(pieces + 1, [
      ...counted,
      "one call for the list of signals, whose tags hold what the selector names",
    ]);
  }
  const learning =
    named === undefined ? "two calls to find that out and how many signals are selected" : "one call to find that out";
  const { pieces } = planSelection(query, { series });
  return planned(pieces + (named === undefined ? 2 : 1), [`the tenant has v2: ${learning}`, ...counted]);
}

function planned(calls: number, assumed: readonly string[]): CallPlan {
  return { calls, spanMs: leastSpanMs(calls + 1, BUDGETS), assumed };
}
