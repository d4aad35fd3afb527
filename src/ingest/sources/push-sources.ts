import type { Catalogue } from "../../catalogue/catalogue.ts";
import { type ApiKey, INGEST_SETTINGS_DEFAULT } from "../../domain/api-key.ts";
import type { Clock } from "../../domain/clock.ts";
import type { IngestPipeline } from "../pipeline.ts";
import { ProtocolCounts } from "./protocol-counts.ts";
import { PushSource, type PushSourceParts } from "./push-source.ts";
import { Turns } from "./turns.ts";

/** Sources whose keys are remembered at once; past it, whoever pushed least recently is looked up anew. */
export const SOURCES_MAX = 1_000;
/** A source that has brought nothing for this long is forgotten: its keys cost memory, and are found again when it comes back. */
export const SOURCE_IDLE_MS = 3_600_000;

interface HeldSource {
  readonly source: PushSource;
  usedAtMs: number;
}

/** One source for each API key that pushes, and one for whoever needs no key. */
export class PushSources {
  /** For those who push without a key: the open data API, and people. */
  readonly open: PushSource;
  readonly counts = new ProtocolCounts();
  readonly #parts: PushSourceParts;
  readonly #apiKeys: Catalogue["apiKeys"];
  readonly #clock: Clock;
  /** In order of last use. */
  readonly #byKey = new Map<string, HeldSource>();

  constructor(parts: { catalogue: Catalogue; pipeline: IngestPipeline; clock: Clock }) {
    this.#parts = { ...parts, turns: new Turns(), counts: this.counts };
    this.#apiKeys = parts.catalogue.apiKeys;
    this.#clock = parts.clock;
    this.open = new PushSource(this.#parts, {
      id: "open",
      settings: INGEST_SETTINGS_DEFAULT,
      siteIds: null,
      isLive: () => true,
    });
    this.#apiKeys.onRevoked((keyId) => this.#byKey.delete(keyId));
  }

  of(key: ApiKey): PushSource {
    const held = this.#byKey.get(key.id) ?? { source: this.#sourceOf(key), usedAtMs: 0 };
    this.#byKey.delete(key.id);
    this.#byKey.set(key.id, held);
    held.usedAtMs = this.#clock.monotonicMs();
    this.#forgetIdle();
    return held.source;
  }

  /** Sources that are remembered, the open one apart. */
  get size(): number {
    return this.#byKey.size;
  }

  #sourceOf(key: ApiKey): PushSource {
    return new PushSource(this.#parts, {
      id: key.id,
      settings: key.ingest,
      siteIds: key.siteIds,
      isLive: () => this.#apiKeys.isLive(key),
    });
  }

  #forgetIdle(): void {
    const idleSinceMs = this.#clock.monotonicMs() - SOURCE_IDLE_MS;
    for (const [keyId, { usedAtMs }] of this.#byKey) {
      if (this.#byKey.size <= SOURCES_MAX && usedAtMs > idleSinceMs) return;
      this.#byKey.delete(keyId);
    }
  }
}
