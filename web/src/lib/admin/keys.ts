import type { ApiKey } from "#lib/api/types.gen.ts";

export const SCOPES = ["read", "ingest", "manage"] as const satisfies readonly ApiKey["scopes"][number][];
export type Scope = (typeof SCOPES)[number];

/** How long a new key lasts: days, or `never`. */
export const LIFETIMES = ["never", "30", "90", "365"] as const;
export type Lifetime = (typeof LIFETIMES)[number];

const DAY_MS = 86_400_000;

/** When a key that is made now ends, ISO 8601; null for never. */
export function expiryOf(lifetime: string, nowMs: number): string | null {
  const days = LIFETIMES.find((each) => each === lifetime && each !== "never");
  return days === undefined ? null : new Date(nowMs + Number(days) * DAY_MS).toISOString();
}

export function lifetimeOf(text: string): Lifetime {
  return LIFETIMES.find((each) => each === text) ?? "never";
}

/** A key as the list shows it. */
export interface ListedKey {
  readonly id: string;
  readonly name: string;
  /** What of it may be shown. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  /** Names of its sites; null for all. Sites that went meanwhile are left out. */
  readonly sites: readonly string[] | null;
  readonly lastUsedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly hasEnded: boolean;
}

export function listedKey(key: ApiKey, siteNames: ReadonlyMap<string, string>, nowMs: number): ListedKey {
  const timeMs = (time: string | null): number | null => (time === null ? null : Date.parse(time));
  const expiresAtMs = timeMs(key.expiresAt);
  return {
    id: key.id,
    name: key.name,
    prefix: `kw_${key.prefix}_…`,
    scopes: SCOPES.filter((scope) => key.scopes.includes(scope)),
    sites: key.siteIds?.flatMap((id) => siteNames.get(id) ?? []).sort() ?? null,
    lastUsedAtMs: timeMs(key.lastUsedAt),
    expiresAtMs,
    hasEnded: expiresAtMs !== null && expiresAtMs <= nowMs,
  };
}

/** A command that tries a key, for a terminal. It names the key by a variable: shells remember what is typed. */
export function trialCommand(scopes: readonly Scope[], origin: string, key: string): readonly string[] {
  const first = `KILOWATCH_API_KEY=${key}`;
  if (scopes.includes("read") || scopes.includes("manage")) {
    return [first, `curl -H "Authorization: Bearer $KILOWATCH_API_KEY" ${origin}/api/v1/sites`];
  }
  const line = '"$(date +%s) try/voltage 230"';
  return [first, `curl -H "Authorization: Bearer $KILOWATCH_API_KEY" --data ${line} ${origin}/data`];
}
