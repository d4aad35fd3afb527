import type { Generated } from "kysely";
import type { DeviceKind } from "../domain/device.ts";
import type { MetricKind } from "../domain/metric.ts";
import type { SiteRole } from "../domain/user.ts";

/** The catalogue's tables, as Kysely sees them. Times are epoch ms, ids UUIDv7 text. A `version` grows by 1 with each change. */
export interface Schema {
  site: {
    id: string;
    name: string;
    timezone: string;
    latitude: number | null;
    longitude: number | null;
    peak_power_w: number | null;
    created_at_ms: number;
    version: Generated<number>;
  };
  device: {
    id: string;
    site_id: string;
    name: string;
    kind: DeviceKind;
    serial_number: string | null;
    manufacturer: string | null;
    model: string | null;
    rated_power_w: number | null;
    connection_id: string | null;
    created_at_ms: number;
    /** The site and device that its sender names it by (a JSON array of both): stays as it is when a person renames or moves it. */
    pushed_as: string | null;
    version: Generated<number>;
  };
  /** Hands out series numbers: AUTOINCREMENT never gives one twice, even after its metric is gone. */
  series: {
    number: Generated<number>;
    metric_id: string;
    /** Of a series whose metric was deleted: what it was; null for all others. */
    ended_kind: MetricKind | null;
  };
  metric: {
    id: string;
    device_id: string;
    name: string;
    unit: string;
    kind: MetricKind;
    series: number;
    created_at_ms: number;
    /** The push source that created it: an API key's id, or `open`; null for all others. */
    source: string | null;
    version: Generated<number>;
  };
  connection: {
    id: string;
    name: string;
    vendor: string;
    base_url: string;
    /** Sealed JSON of the vendor's credential shape. */
    credential_sealed: Uint8Array;
    poll_interval_ms: number;
    created_at_ms: number;
    /** Since when nothing is asked; null while it is polled. */
    paused_at_ms: number | null;
    /** JSON of `LaneShares`. */
    lane_shares: Generated<string>;
    version: Generated<number>;
  };
  /** What is left of a vendor's limits for one credential, and which process may spend it. */
  vendor_budget: {
    /** `AccountKey`: connections with the same credential at the same address share it. */
    account: string;
    /** The process that may spend; another for each start. */
    holder: string;
    /** Grows by 1 with each holder: what an earlier one writes is refused. */
    token: number;
    /** Grows with each sign of life. */
    beat: number;
    /** By the holder's wall clock. */
    beaten_at_ms: number;
    /** JSON of `StoredSpending`. */
    spending: string;
  };
  /** Who spent what: requests by hour, connection and lane. */
  budget_use: {
    account: string;
    hour_ms: number;
    connection_id: string;
    lane: string;
    requests: number;
    /** Of them: answered 429. */
    refusals: number;
  };
  /** The coverage ledger: what was asked of a series in a UTC month, and what came. */
  coverage_segment: {
    series: number;
    /** Months since January 1970. */
    month: number;
    runs: Uint8Array;
  };
  /** The newest run of each series, which grows with every poll: those of a block of series in one row, so that few are written. */
  coverage_tail: {
    /** A series number divided by `SERIES_PER_BLOCK`. */
    block: number;
    runs: Uint8Array;
  };
  backfill_job: {
    id: string;
    connection_id: string;
    from_ms: number;
    to_ms: number;
    /** JSON array; null for all of the connection. */
    device_ids: string | null;
    state: "running" | "paused" | "done" | "cancelled" | "failed";
    /** Why it does not go on: a sentence for a person. */
    message: string | null;
    requests: number;
    readings: number;
    created_at_ms: number;
    ended_at_ms: number | null;
    version: number;
  };
  /** A value that its vendor changed after it had been read. */
  restatement: {
    series: number;
    time_ms: number;
    found_at_ms: number;
    former_value: number;
    former_received_at_ms: number;
    value: number;
  };
  /** What a vendor lists for a connection. */
  listed_device: {
    connection_id: string;
    serial_number: string;
    /** JSON of `DiscoveredDevice`. */
    description: string;
    former_name: string | null;
    first_seen_ms: number;
    last_seen_ms: number;
    /** When it was missed first in a list; null while it is there. */
    gone_at_ms: number | null;
  };
  quality_event: {
    id: string;
    device_id: string;
    metric_id: string | null;
    rule: string;
    from_ms: number;
    /** Null while it goes on. */
    to_ms: number | null;
    /** A JSON object. */
    evidence: string;
    found_at_ms: number;
  };
  user: {
    id: string;
    email: string;
    name: string;
    password_hash: string;
    is_admin: number;
    created_at_ms: number;
    version: Generated<number>;
  };
  membership: {
    user_id: string;
    site_id: string;
    role: SiteRole;
  };
  /** A unit that was swapped for another: its serial number was the device's until then. */
  former_unit: {
    device_id: string;
    serial_number: string;
    manufacturer: string | null;
    model: string | null;
    until_ms: number;
  };
  answered_request: {
    owner_id: string;
    key: string;
    /** SHA-256 of what was asked for, hex. */
    fingerprint: string;
    /** JSON. */
    answer: string;
    answered_at_ms: number;
  };
  subscription: {
    id: string;
    /** A user's or an API key's. */
    owner_id: string;
    name: string;
    /** JSON array. */
    metric_ids: string;
    created_at_ms: number;
    version: number;
  };
  session: {
    /** SHA-256 of the cookie's token, hex: the table alone signs nobody in. */
    token_hash: string;
    user_id: string;
    created_at_ms: number;
    expires_at_ms: number;
  };
  /** Secrets that this installation made for itself, such as its token-signing key. */
  own_secret: {
    name: string;
    sealed: Uint8Array;
  };
  /** What secrets are sealed with, wrapped with the installation's key; the newest has the greatest number. */
  sealing_key: {
    number: number;
    wrapped: Uint8Array;
    created_at_ms: number;
  };
  api_key: {
    id: string;
    name: string;
    prefix: string;
    /** SHA-256 of the whole key, hex: the table alone lets nobody in. */
    secret_hash: string;
    /** JSON array. */
    scopes: string;
    /** JSON array; null for every site. */
    site_ids: string | null;
    /** JSON of `IngestSettings`. */
    ingest: string;
    created_at_ms: number;
    expires_at_ms: number | null;
    last_used_at_ms: number | null;
  };
  /** Written once, in order of `place`, and never changed or removed. */
  audit_entry: {
    /** 1, 2, 3 … without gaps. */
    place: number;
    at_ms: number;
    actor_kind: string;
    actor_id: string | null;
    actor_name: string | null;
    action: string;
    object_kind: string | null;
    object_id: string | null;
    /** HTTP status. */
    outcome: number;
    /** A JSON object, as it was hashed. */
    detail: string;
    /** SHA-256, hex. */
    previous_hash: string;
    hash: string;
  };
}
