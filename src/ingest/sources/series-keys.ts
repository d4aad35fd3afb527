import { setImmediate as nextTurn } from "node:timers/promises";
import { InvalidInput } from "../../domain/errors.ts";
import { KEY_TABLE_BYTES_MAX, KEYS_MAX, KeyTable } from "../../domain/key-table.ts";
import type { KeyedColumns } from "../../domain/keyed-columns.ts";
import type { PushProtocol } from "./meaning.ts";
import { type Newcomers, SERIES_PER_TURN, type Stranger } from "./newcomers.ts";
import type { Placements } from "./placement.ts";

/** Keys that a source's table holds for each series that it may create: senders may write one series in several ways. */
const KEYS_PER_SERIES = 4;
/** Room for the series of others, which a source may write to without creating them. */
const KEYS_LEAST = KEYS_MAX / 4;
/** Bytes that a table holds for each of its keys, on average. */
const BYTES_PER_KEY = 128;

/** Keys, and the series that each stands for: what one body is decoded and resolved with. */
export interface Generation {
  readonly table: KeyTable;
  readonly keysMax: number;
  /** Per key its series number; 0, which no series has, while it is not known. May be shorter than the table. */
  series: Uint32Array;
  resolved: number;
}

/** What the keys of one protocol from one source stand for: found once, then one look into an array for each reading. */
export class SeriesKeys {
  readonly #protocol: PushProtocol;
  readonly #placements: Placements;
  readonly #newcomers: Newcomers;
  #generation: Generation;
  #renamings: number;

  constructor(protocol: PushProtocol, seriesMax: number, placements: Placements, newcomers: Newcomers) {
    this.#protocol = protocol;
    this.#placements = placements;
    this.#newcomers = newcomers;
    this.#renamings = placements.renamings;
    this.#generation = newGeneration(Math.max(KEYS_LEAST, seriesMax * KEYS_PER_SERIES));
  }

  /** The keys to decode a body with, which has room for as many new ones. A table that refused bodies have filled is replaced. */
  generation(): Generation {
    this.#forgetFormerNames();
    const { table, resolved, keysMax } = this.#generation;
    if (table.isWorn) this.#generation = newGeneration(resolved > table.size / 2 ? keysMax * 2 : keysMax);
    return this.#generation;
  }

  /**
   * The series number of each reading, creating what is new as the source's settings say.
   * @throws InvalidInput that names what may not be stored; nothing is created then.
   */
  async resolve(generation: Generation, keyed: KeyedColumns): Promise<Uint32Array> {
    const series = new Uint32Array(keyed.length);
    if (fill(series, generation, keyed)) return series;
    await this.#learn(generation, keyed);
    if (!fill(series, generation, keyed)) throw new RangeError("a series that was created is not there");
    return series;
  }

  /** What a key stood for before something was renamed or deleted may be something else now, or nothing. */
  #forgetFormerNames(): void {
    const renamings = this.#placements.renamings;
    if (this.#renamings === renamings) return;
    this.#renamings = renamings;
    this.#generation = newGeneration(this.#generation.keysMax);
  }

  async #learn(generation: Generation, keyed: KeyedColumns): Promise<void> {
    makeRoom(generation);
    const unknown = new Set<number>();
    for (const key of keyed.keys) if (generation.series[key] === 0) unknown.add(key);
    const strangers: (Stranger & { readonly key: number })[] = [];
    let looked = 0;
    for (const key of unknown) {
      if (++looked % SERIES_PER_TURN === 0) await nextTurn();
      const stranger = this.#lookAt(generation, keyed, key);
      if (stranger) strangers.push({ ...stranger, key });
    }
    if (strangers.length === 0) return;
    await this.#newcomers.admit(strangers);
    looked = 0;
    for (const { key } of strangers) {
      if (++looked % SERIES_PER_TURN === 0) await nextTurn();
      this.#lookAt(generation, keyed, key);
    }
  }

  /** Notes the key's series if it is there; else gives what it says. */
  #lookAt(generation: Generation, keyed: KeyedColumns, key: number): Stranger | null {
    const keyText = generation.table.keyText(key);
    try {
      const meaning = this.#protocol.meaningOf(keyText);
      const placement = this.#placements.of(meaning, keyText);
      if (!("owner" in placement)) return { keyText, meaning };
      // Another body of this source may have noted it in between.
      if (generation.series[key] === 0) generation.resolved++;
      generation.series[key] = placement.owner.series;
      return null;
    } catch (error) {
      const { rowPath } = this.#protocol;
      if (!(error instanceof InvalidInput) || rowPath === null) throw error;
      const path = rowPath(keyed.keys.indexOf(key));
      throw new InvalidInput(error.issues.map(({ message }) => ({ path, message })));
    }
  }
}

/** False when a reading's series is not known. */
function fill(series: Uint32Array, generation: Generation, { keys, length }: KeyedColumns): boolean {
  const known = generation.series;
  for (let row = 0; row < length; row++) {
    const number = known[keys[row] ?? 0] ?? 0;
    if (number === 0) return false;
    series[row] = number;
  }
  return true;
}

function makeRoom(generation: Generation): void {
  const { series, table } = generation;
  if (series.length >= table.size) return;
  generation.series = new Uint32Array(Math.max(table.size, series.length * 2));
  generation.series.set(series);
}

function newGeneration(keysMax: number): Generation {
  const bytesMax = Math.max(KEY_TABLE_BYTES_MAX, keysMax * BYTES_PER_KEY);
  return { table: new KeyTable({ keysMax, bytesMax }), keysMax, series: new Uint32Array(0), resolved: 0 };
}
