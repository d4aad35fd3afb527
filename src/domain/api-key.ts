/** What every API key begins with: by it a key is told from an access token. */
export const API_KEY_MARK = "kw_";

export const API_KEY_SCOPES = ["read", "ingest", "manage"] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** Series that a key may create: what it gets unless told, and the most that it can be given. */
export const SERIES_PER_KEY = { default: 10_000, max: 1_000_000 } as const;

/**
 * Where a series that nobody declared is put. Each is text with placeholders in braces, filled from what the sender says of the
 * series: `{name}` of plaintext; `{measurement}`, `{field}` and any tag's name of line protocol. Null stands for what Kilowatch
 * does by itself (`ingest/sources/`).
 */
export interface PlacementTemplate {
  readonly site: string | null;
  readonly device: string | null;
  readonly metric: string | null;
}

/** What becomes of readings whose series is not known yet. */
export interface IngestSettings {
  readonly unknownSeries: "create" | "refuse";
  readonly template: PlacementTemplate;
  /** Series that may be created in all, 1 to `SERIES_PER_KEY.max`. */
  readonly seriesMax: number;
}

export const INGEST_SETTINGS_DEFAULT: IngestSettings = {
  unknownSeries: "create",
  template: { site: null, device: null, metric: null },
  seriesMax: SERIES_PER_KEY.default,
};

/** Lets a program in. Its secret is shown once, when it is made, and kept as a hash. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** The part that may be shown: `kw_<prefix>_…`. */
  readonly prefix: string;
  readonly scopes: readonly ApiKeyScope[];
  /** The sites that it is limited to; null for all. */
  readonly siteIds: readonly string[] | null;
  /** Epoch ms from which it lets nobody in; null for never. */
  readonly expiresAtMs: number | null;
  readonly ingest: IngestSettings;
  readonly createdAtMs: number;
}
