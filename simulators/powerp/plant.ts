import { chance } from "../chance.ts";
import { hydroOperations, type OperationAt, solarOperation } from "./operation.ts";
import { atNodes, mixed, PARTS_PER_ONE, type RangeMs, SampleCursor, type Sampling } from "./samples.ts";
import { type Behaviour, HYDRO_PLANT, HYDRO_UNIT, SOLAR_INVERTER, SOLAR_PLANT } from "./tables.ts";

export interface Signal extends Sampling {
  /** Unique over all databases. */
  readonly id: number;
  readonly databaseId: number;
  /** Digits; unique within a database only. */
  readonly index: string;
  /** `site.level.signal`; serves as the stream's key too. */
  readonly tag: string;
  readonly dimensions: Readonly<Record<Dimension, string>>;
}

export const DIMENSIONS = ["site", "level", "signal"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Database {
  readonly id: number;
  readonly name: string;
  readonly connectionId: number;
  readonly powerPlantId: number;
  /** In order of their index. */
  readonly signals: readonly Signal[];
  readonly byIndex: ReadonlyMap<string, Signal>;
  readonly byTag: ReadonlyMap<string, Signal>;
}

/** How many samples there are, and a checksum of them in which their order does not count. */
export interface Tally {
  readonly samples: number;
  readonly checksum: number;
}

export interface Plant {
  readonly databases: ReadonlyMap<number, Database>;
  /** Samples of a signal in a range as raw queries give them, whether they lie in the future or not. Throws when there is no such signal. */
  tally(databaseId: number, index: string, range: RangeMs): Tally;
}

/** The hydro plant's database: 400 signals, 1001 to 1400. */
export const HYDRO_DATABASE_ID = 123;
/** The solar plant's database: 20 signals, 1001 to 1020. */
export const SOLAR_DATABASE_ID = 124;
const FIRST_INDEX = 1_001;
/** Nothing is older. A signal may have come up to `LATE_DAYS` later. */
export const COMMISSIONED_MS = Date.UTC(2024, 0, 1);
const LATE_DAYS = 30;
const LATE_SHARE = 0.1;
const DAY_MS = 86_400_000;

/** A level of a plant: its name, what is measured there, and how it runs. */
type Level = readonly [name: string, behaviours: readonly Behaviour[], operation: OperationAt];

/** The same seed is the same plant with the same past. */
export function createPlant(seed: number): Plant {
  const hydro = hydroOperations(seed);
  const solar = solarOperation(seed);
  const databases = new Map<number, Database>();
  const add = (id: number, name: string, site: string, levels: readonly Level[]): void => {
    databases.set(
      id,
      createDatabase(seed, { id, name, site, firstSignalId: (id - HYDRO_DATABASE_ID) * 1_000 }, levels),
    );
  };
  add(HYDRO_DATABASE_ID, "Donauwehr Hydro", "S1", [
    ...hydro.units.map((operation, unit): Level => [`U${unit + 1}`, HYDRO_UNIT, operation]),
    ["PLANT", HYDRO_PLANT, hydro.plant],
  ]);
  add(SOLAR_DATABASE_ID, "Marchfeld Solar", "P1", [
    ...[1, 2, 3, 4].map((inverter): Level => [`INV${inverter}`, SOLAR_INVERTER, solar]),
    ["PLANT", SOLAR_PLANT, solar],
  ]);
  return {
    databases,
    tally(databaseId, index, range) {
      const signal = databases.get(databaseId)?.byIndex.get(index);
      if (!signal) throw new Error(`Database ${databaseId} has no signal ${index}.`);
      return tally(signal, range);
    },
  };
}

interface Site {
  readonly id: number;
  readonly name: string;
  readonly site: string;
  readonly firstSignalId: number;
}

function createDatabase(seed: number, { id, name, site, firstSignalId }: Site, levels: readonly Level[]): Database {
  const rows = levels.flatMap(([level, behaviours, operation]) => {
    const shared = atNodes(operation);
    return behaviours.map((behaviour) => ({ level, behaviour, operation: shared }));
  });
  const signals = rows.map(({ level, behaviour, operation }, row): Signal => {
    const tag = `${site}.${level}.${behaviour.name}`;
    const isLate = chance(seed, tag, "late") < LATE_SHARE;
    return {
      seed,
      key: Math.floor(chance(seed, tag, "noise") * 2 ** 32),
      name: tag,
      periodMs: behaviour.periodMs,
      phaseMs: Math.floor(chance(seed, tag, "phase") * behaviour.periodMs),
      firstMs: COMMISSIONED_MS + (isLate ? Math.floor(chance(seed, tag, "first") * LATE_DAYS) * DAY_MS : 0),
      behaviour,
      operation,
      id: firstSignalId + row + 1,
      databaseId: id,
      index: String(FIRST_INDEX + row),
      tag,
      dimensions: { site, level, signal: behaviour.name },
    };
  });
  return {
    id,
    name,
    connectionId: id - 100,
    powerPlantId: id - 116,
    signals,
    byIndex: new Map(signals.map((signal) => [signal.index, signal])),
    byTag: new Map(signals.map((signal) => [signal.tag, signal])),
  };
}

function tally(signal: Signal, range: RangeMs): Tally {
  const cursor = new SampleCursor(signal, range);
  const index = Number(signal.index);
  let samples = 0;
  let checksum = 0;
  while (cursor.next()) {
    samples++;
    checksum = addChecksums(checksum, mixedPoint(index, cursor.timeMs, cursor.thousandths));
  }
  return { samples, checksum };
}

/** Checksums are whole numbers below this, so that the sum of two is exact. */
export const CHECKSUM_RANGE = 2 ** 52;

/** Checksum of one point: of its signal's index, its time (epoch ms) and its value. */
export function pointChecksum(index: number, timeMs: number, value: number): number {
  return mixedPoint(index, timeMs, Math.round(value * PARTS_PER_ONE));
}

/** The checksum of two sets of points together. A point that is there twice counts twice. */
export function addChecksums(one: number, other: number): number {
  return (one + other) % CHECKSUM_RANGE;
}

function mixedPoint(index: number, timeMs: number, thousandths: number): number {
  return mixed(mixed(index, timeMs), thousandths + 2 ** 40);
}
