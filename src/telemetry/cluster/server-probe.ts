import { z } from "zod";
import type { Clock } from "../../domain/clock.ts";
import type { ClusterAddress } from "./address.ts";
import { type Capabilities, capabilitiesOf, SELECT_KNOWN_SETTINGS } from "./capabilities.ts";
import { NotClickHouse } from "./http.ts";

/** A server as it was when it was last asked. */
export interface ServerSeen {
  readonly capabilities: Capabilities;
  /** When it was started, on our own monotonic clock: not before the first and not after the second. */
  readonly startedMs: readonly [earliest: number, latest: number];
  /** Whether it is another start than the one seen before. */
  readonly isRestarted: boolean;
  /** Whether its tables are there. */
  readonly isPrepared: boolean;
}

type Select = (sql: string) => Promise<Uint8Array>;

/** How far the two machines' clocks may drift apart between two looks, ms. */
const DRIFT_MS_MAX = 50;

const Identity = z.tuple([z.string().regex(/^\d+\.\d+/), z.coerce.number().nonnegative()]);

/**
 * Asks a server what it is, and since when; what it is able to do only when it was started since. A restart within about a second of a start
 * is not seen: no machine that lost its power is back so soon. @throws as `ClickHouseHttp.run`
 */
export async function probe(select: Select, before: ServerSeen | null, clock: Clock): Promise<ServerSeen> {
  const askedMs = clock.monotonicMs();
  const answer = Identity.safeParse((await text(select, "SELECT version(), uptime()")).split("\t"));
  if (!answer.success) {
    throw new NotClickHouse("The address in KILOWATCH_TELEMETRY_URL does not answer as a ClickHouse server does.");
  }
  const [version, uptimeS] = answer.data;
  // Its age is told in whole seconds, as of some moment between the question and the answer.
  const startedMs = [askedMs - (uptimeS + 1) * 1_000, clock.monotonicMs() - uptimeS * 1_000] as const;
  const isRestarted = before === null || startedMs[0] > before.startedMs[1] + DRIFT_MS_MAX;
  if (!isRestarted) return { ...before, startedMs, isRestarted };
  const capabilities = capabilitiesOf(version, await text(select, SELECT_KNOWN_SETTINGS));
  return { capabilities, startedMs, isRestarted, isPrepared: false };
}

/** Makes the database where it is not. @throws as `ClickHouseHttp.run`, when that is not allowed */
export async function openDatabase({ database }: ClusterAddress, select: Select): Promise<void> {
  const found = await text(select, `SELECT count() FROM system.databases WHERE name = '${database}'`);
  if (found === "0") await select(`CREATE DATABASE IF NOT EXISTS ${database}`);
}

async function text(select: Select, sql: string): Promise<string> {
  return Buffer.from(await select(sql))
    .toString("utf8")
    .trim();
}
