import { z } from "zod";
import { CommandFailed } from "../exit-codes.ts";
import type { ServerApi } from "../server/api.ts";
import type { AskerFlags } from "../server/person.ts";
import { allOf, ambiguous, ID } from "../server/selection.ts";
import type { Shown } from "./answer.ts";

export interface JsonFlags extends AskerFlags {
  readonly json?: boolean;
}

export const Connection = z.looseObject({
  id: z.string(),
  name: z.string(),
  vendor: z.string(),
  baseUrl: z.string(),
  pollIntervalMs: z.number(),
  devices: z.number(),
  state: z.string(),
  message: z.string().nullable(),
  since: z.string(),
});
export type Connection = z.output<typeof Connection>;

export const CONNECTION_COLUMNS = [
  "id",
  "name",
  "vendor",
  "baseUrl",
  "pollIntervalMs",
  "devices",
  "state",
  "message",
  "since",
] as const;

export function connectionFields(connection: Connection): Shown {
  const { id, name, vendor, baseUrl, pollIntervalMs, devices, state, message, since } = connection;
  return { id, name, vendor, baseUrl, pollIntervalMs, devices, state, message, since };
}

/** A connection by its id or name. @throws BadUse when there are several, CommandFailed when there is none */
export async function namedConnection(api: ServerApi, which: string, signal: AbortSignal): Promise<Connection> {
  if (ID.test(which)) return api.get(Connection, `/connections/${which}`, {}, signal);
  const found = (await allOf(api, Connection, "/connections", signal)).filter(({ name }) => name === which);
  const [connection] = found;
  if (!connection) throw new CommandFailed(`There is no connection "${which}"; kilowatch connections lists them.`);
  const ids = found.map(({ id }) => id);
  if (found.length > 1) throw ambiguous("connection", which, ids);
  return connection;
}
