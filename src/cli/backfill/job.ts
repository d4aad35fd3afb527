import { z } from "zod";
import type { Shown } from "../catalogue/answer.ts";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import type { ServerApi } from "../server/api.ts";
import { allOf, ambiguous, ID } from "../server/selection.ts";
import { durationText } from "../terminal.ts";

/** An import of history, as the server tells of it. */
export const Job = z.looseObject({
  id: z.string(),
  connectionId: z.string(),
  from: z.string(),
  to: z.string(),
  deviceIds: z.array(z.string()).nullable(),
  state: z.string(),
  message: z.string().nullable(),
  requests: z.number(),
  readings: z.number(),
  requestsLeft: z.number(),
  leftMs: z.number().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
});
export type Job = z.output<typeof Job>;

const NamedConnection = z.object({ id: z.string(), name: z.string() });
export type NamedConnection = z.output<typeof NamedConnection>;

export const JOB_COLUMNS = [
  "id",
  "connectionId",
  "from",
  "to",
  "state",
  "requests",
  "requestsLeft",
  "left",
  "readings",
  "message",
  "createdAt",
  "endedAt",
] as const;

/** What is shown of an import. */
export function shownJob(job: Job): Shown {
  const { id, connectionId, from, to, state, requests, requestsLeft, leftMs, readings, message } = job;
  const left = leftMs === null ? null : durationText(leftMs);
  const { createdAt, endedAt } = job;
  return { id, connectionId, from, to, state, requests, requestsLeft, left, readings, message, createdAt, endedAt };
}

/** All connections. */
export function connectionsOf(api: ServerApi, signal: AbortSignal): Promise<NamedConnection[]> {
  return allOf(api, NamedConnection, "/connections", signal);
}

/** A connection by its id or name. @throws BadUse when there are several, CommandFailed when there is none */
export async function namedConnection(api: ServerApi, which: string, signal: AbortSignal): Promise<NamedConnection> {
  if (ID.test(which)) return { id: which, name: which };
  const found = (await connectionsOf(api, signal)).filter(({ name }) => name === which);
  const [only, ...others] = found;
  if (!only) throw new CommandFailed(`There is no connection "${which}".`);
  if (others.length === 0) return only;
  throw ambiguous(
    "connection",
    which,
    found.map(({ id }) => id),
  );
}

/** The path of an import. @throws BadUse for what is no id */
export function jobPath(id: string): string {
  if (!ID.test(id)) throw new BadUse(`An import is named by its id, which "kilowatch backfill list" shows: ${id}`);
  return `/backfill-jobs/${id}`;
}
