import type { IngestSettings } from "../../domain/api-key.ts";
import { InvalidInput, NotAuthenticated } from "../../domain/errors.ts";
import type { KeyTable } from "../../domain/key-table.ts";
import type { KeyedColumns } from "../../domain/keyed-columns.ts";
import type { IngestPipeline } from "../pipeline.ts";
import type { PushProtocol } from "./meaning.ts";
import { Newcomers, type NewcomersParts } from "./newcomers.ts";
import { Placements } from "./placement.ts";
import type { ProtocolCounts } from "./protocol-counts.ts";
import { PLAINTEXT } from "./protocols.ts";
import { SeriesKeys } from "./series-keys.ts";
import { hasPlaceholder } from "./template.ts";

/** A name like any other: all of them go under one device. */
const ANY_NAME = "Voltage";

export interface PushSourceParts extends NewcomersParts {
  readonly pipeline: IngestPipeline;
  readonly counts: ProtocolCounts;
}

/** Who pushes: an API key's id, or `open`; what it may write to, and whether it still may. */
export interface Pusher {
  readonly id: string;
  readonly settings: IngestSettings;
  readonly siteIds: readonly string[] | null;
  isLive(): boolean;
}

/** One body or message on its way in. */
export interface Intake {
  /** What the decoder is given. */
  readonly table: KeyTable;
  /**
   * Stores what the decoder has made of the body, all or nothing; resolves once it is on stable storage.
   * @param bytes of the body, unpacked; for the figures
   * @throws InvalidInput, NotAuthenticated when the key was revoked meanwhile, StorageUnavailable
   */
  accept(keyed: KeyedColumns, bytes: number): Promise<void>;
}

/** Readings of one sender: knows what its keys stand for, and what becomes of series that nobody declared. */
export class PushSource {
  readonly #parts: PushSourceParts;
  readonly #pusher: Pusher;
  readonly #placements: Placements;
  readonly #newcomers: Newcomers;
  readonly #keys = new Map<string, SeriesKeys>();

  constructor(parts: PushSourceParts, pusher: Pusher) {
    this.#parts = parts;
    this.#pusher = pusher;
    this.#placements = new Placements(parts.catalogue.directory, pusher.settings.template, pusher.siteIds);
    this.#newcomers = new Newcomers(parts, pusher.id, pusher.settings, this.#placements);
  }

  /** Begins a body: decode it with the intake's table, then `accept` the columns. One that is given up needs nothing. */
  begin(protocol: PushProtocol): Intake {
    const keys = this.#keysOf(protocol);
    const generation = keys.generation();
    return {
      table: generation.table,
      accept: async (keyed, bytes) => {
        this.#requireLive();
        const series = await keys.resolve(generation, keyed);
        this.#requireLive();
        const { length, timesMs, values } = keyed;
        await this.#parts.pipeline.accept({ length, series, timesMs, values, qualities: new Uint8Array(length) });
        this.#parts.counts.stored(protocol.id, length, bytes);
      },
    };
  }

  /**
   * The device whose metrics the names of the plaintext API are; null when none has been pushed yet.
   * @throws InvalidInput when the source's template spreads names over several devices, or no one site is its own
   */
  dataDeviceId(): string | null {
    const { site, device } = this.#pusher.settings.template;
    if (hasPlaceholder(site ?? "") || hasPlaceholder(device ?? "")) {
      throw new InvalidInput([{ path: "", message: "this key's template spreads names over several devices" }]);
    }
    const placement = this.#placements.of(PLAINTEXT.meaningOf(ANY_NAME), ANY_NAME);
    if ("owner" in placement) return placement.owner.deviceId;
    return "device" in placement ? placement.device.id : null;
  }

  #keysOf(protocol: PushProtocol): SeriesKeys {
    let keys = this.#keys.get(protocol.id);
    if (!keys) {
      keys = new SeriesKeys(protocol, this.#pusher.settings.seriesMax, this.#placements, this.#newcomers);
      this.#keys.set(protocol.id, keys);
    }
    return keys;
  }

  #requireLive(): void {
    if (!this.#pusher.isLive()) throw new NotAuthenticated("The API key was revoked or has ended.");
  }
}
