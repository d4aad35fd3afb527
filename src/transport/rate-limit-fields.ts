import type { Budget } from "./budget.ts";
import type { AnswerHead } from "./retry.ts";

/** What an answer says of its sender's limits. */
export interface ToldLimits {
  /** Budgets that hold, and what is spent of each; null where the answer does not say. */
  readonly budgets: readonly { readonly budget: Budget; readonly spent: number | null }[];
  /** For how long nothing more will be taken, ms; 0 when something is left. */
  readonly pauseMs: number;
}

/** Longest window, and longest pause, that is believed: 31 days. */
export const TOLD_S_MAX = 31 * 86_400;

const NOTHING_TOLD: ToldLimits = { budgets: [], pauseMs: 0 };

/**
 * Reads `RateLimit-Policy` (`"name";q=100;w=60`) and `RateLimit` (`"name";r=0;t=30`) of draft-ietf-httpapi-ratelimit-headers, each a list.
 * What is no such field, or counts something else than requests (`qu`), is ignored: a limit that is only half understood must not
 * loosen one that is known, and `Retry-After` is read elsewhere.
 */
export function toldLimits({ headers }: Pick<AnswerHead, "headers">): ToldLimits {
  const policy = textOf(headers["ratelimit-policy"]);
  const state = textOf(headers["ratelimit"]);
  if (policy === "" && state === "") return NOTHING_TOLD;
  const states = itemsOf(state);
  const budgets = itemsOf(policy).flatMap(({ name, q, w, isOfRequests }) => {
    if (!isOfRequests || q === undefined || w === undefined || q < 1 || w < 1 || w > TOLD_S_MAX) return [];
    const left = states.find((told) => told.name === name)?.r;
    return [{ budget: { requests: q, perMs: w * 1_000 }, spent: left === undefined ? null : Math.max(0, q - left) }];
  });
  const pausesS = states.map(({ r, t }) => (r === 0 && t !== undefined && t <= TOLD_S_MAX ? t : 0));
  return { budgets, pauseMs: Math.max(0, ...pausesS) * 1_000 };
}

interface Item {
  /** As it is written, with its quotes. */
  readonly name: string;
  readonly q?: number | undefined;
  readonly w?: number | undefined;
  readonly r?: number | undefined;
  readonly t?: number | undefined;
  readonly isOfRequests: boolean;
}

function itemsOf(field: string): Item[] {
  // A name is a quoted string and may hold a comma.
  const items = field.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
  return items.map((named) => {
    // What stands in quotes is a name.
    const name = /^\s*("(?:[^"\\]|\\.)*"|[^;]*)/.exec(named)?.[1] ?? "";
    const item = named.trimStart().slice(name.length);
    const number = (key: string): number | undefined => {
      const digits = new RegExp(`;\\s*${key}=(\\d{1,15})\\s*(?:;|$)`).exec(item)?.[1];
      return digits === undefined ? undefined : Number(digits);
    };
    const unit = /;\s*qu="([^"]*)"/.exec(item)?.[1];
    return {
      name,
      q: number("q"),
      w: number("w"),
      r: number("r"),
      t: number("t"),
      isOfRequests: unit === undefined || unit === "requests",
    };
  });
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === "string" ? header : (header ?? []).join(",");
}
