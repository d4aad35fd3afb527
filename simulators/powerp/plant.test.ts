import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addChecksums,
  CHECKSUM_RANGE,
  COMMISSIONED_MS,
  createPlant,
  DIMENSIONS,
  HYDRO_DATABASE_ID,
  pointChecksum,
  type Signal,
  SOLAR_DATABASE_ID,
} from "./plant.ts";
import { latestRange, SampleCursor, sampleCount } from "./samples.ts";

const plant = createPlant(1);
const hydro = plant.databases.get(HYDRO_DATABASE_ID)?.signals ?? [];
const solar = plant.databases.get(SOLAR_DATABASE_ID)?.signals ?? [];
const every = [...hydro, ...solar];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOON = Date.UTC(2026, 10, 20, 12);

const anySignal = fc.constantFrom(...every);
const anyTime = fc.integer({ min: COMMISSIONED_MS + 40 * DAY_MS, max: Date.UTC(2035, 0) });

function named(tag: string): Signal {
  const signal = every.find((candidate) => candidate.tag === tag);
  if (!signal) throw new Error(`no ${tag}`);
  return signal;
}

interface Sample {
  readonly timeMs: number;
  readonly value: number;
}

function samples(signal: Signal, fromMs: number, toMs: number): Sample[] {
  const cursor = new SampleCursor(signal, { fromMs, toMs });
  const read: Sample[] = [];
  while (cursor.next()) read.push({ timeMs: cursor.timeMs, value: Number(cursor.text()) });
  return read;
}

function valueAt(tag: string, timeMs: number): number {
  const [sample] = samples(named(tag), timeMs, timeMs + 1_000);
  if (!sample) throw new Error(`no sample of ${tag}`);
  return sample.value;
}

describe("the databases", () => {
  test("are 400 signals of a hydro plant and 20 of a solar one", () => {
    expect(hydro.map(({ index }) => index)).toEqual(Array.from({ length: 400 }, (_, i) => String(1001 + i)));
    expect(solar.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, i) => String(1001 + i)));
    expect(new Set(every.map(({ id }) => id)).size).toBe(420);
    expect(new Set(every.map(({ tag }) => tag)).size).toBe(420);
    expect([...new Set(hydro.map(({ dimensions }) => dimensions.level))]).toHaveLength(9);
    expect(every.every(({ tag, dimensions }) => tag === DIMENSIONS.map((name) => dimensions[name]).join("."))).toBe(
      true,
    );
  });

  test("some units are odd, and one is missing", () => {
    const symbols = new Set(every.map(({ behaviour }) => behaviour.unitSymbol));
    for (const symbol of ["MW", "Mvar", "°C", "m³/s", "bar", "%", "rpm", "", null, "p.u.", "Nm3/h", "m a.s.l."]) {
      expect(symbols).toContain(symbol);
    }
  });

  test("every signal is sampled 1 to 5 times a second, off the beat of the others", () => {
    expect(every.every(({ periodMs }) => periodMs >= 200 && periodMs <= 1_000)).toBe(true);
    expect(every.every(({ phaseMs, periodMs }) => phaseMs >= 0 && phaseMs < periodMs)).toBe(true);
    expect(new Set(hydro.map(({ phaseMs }) => phaseMs)).size).toBeGreaterThan(100);
  });
});

describe("samples", () => {
  test("depend on their time alone: a range cut anywhere holds the same samples", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anySignal, anyTime, lengths, (signal, fromMs, cutsMs) => {
        const edges = [fromMs];
        for (const cutMs of cutsMs) edges.push((edges.at(-1) ?? 0) + cutMs);
        const parts = edges.slice(1).flatMap((toMs, i) => samples(signal, edges[i] ?? 0, toMs));
        expect(parts).toEqual(samples(signal, fromMs, edges.at(-1) ?? 0));
      }),
    );
  });

  test("are the same from plant to plant of one seed, and others with another seed", () => {
    const range = { fromMs: NOON, toMs: NOON + 60_000 };
    const [again, other] = [createPlant(1), createPlant(2)];
    for (const { databaseId, index, behaviour } of every) {
      const own = plant.tally(databaseId, index, range);
      expect(again.tally(databaseId, index, range)).toEqual(own);
      if (behaviour.words === null) expect(other.tally(databaseId, index, range).checksum).not.toBe(own.checksum);
    }
  });

  test("lie a period apart, within the signal's limits, with three decimals; they are counted without being made", () => {
    fc.assert(
      fc.property(anySignal, anyTime, fc.integer({ min: 0, max: 15_000 }), (signal, fromMs, spanMs) => {
        const read = samples(signal, fromMs, fromMs + spanMs);
        expect(sampleCount(signal, { fromMs, toMs: fromMs + spanMs })).toBe(read.length);
        expect(Math.abs(read.length - spanMs / signal.periodMs)).toBeLessThanOrEqual(1);
        for (const [i, { timeMs, value }] of read.entries()) {
          expect(timeMs).toBe((read[0]?.timeMs ?? 0) + i * signal.periodMs);
          expect(timeMs >= fromMs && timeMs < fromMs + spanMs).toBe(true);
          expect(value >= signal.behaviour.min && value <= signal.behaviour.max).toBe(true);
          expect(Number(value.toFixed(3))).toBe(value);
        }
      }),
    );
  });

  test("begin with the first data point and not before", () => {
    const late = hydro.filter(({ firstMs }) => firstMs > COMMISSIONED_MS);
    expect(late.length).toBeGreaterThan(10);
    for (const signal of [...late.slice(0, 5), ...hydro.slice(0, 5)]) {
      const { firstMs, periodMs } = signal;
      expect(samples(signal, firstMs - HOUR_MS, firstMs)).toEqual([]);
      expect(samples(signal, firstMs - HOUR_MS, firstMs + periodMs)).toHaveLength(1);
    }
  });

  test("the latest is the last of all up to then", () => {
    fc.assert(
      fc.property(anySignal, anyTime, (signal, atMs) => {
        const { fromMs, toMs } = latestRange(signal, atMs, Number.NEGATIVE_INFINITY);
        expect(samples(signal, fromMs, toMs)).toEqual(samples(signal, atMs - 2_000, atMs + 1).slice(-1));
        expect(samples(signal, ...(Object.values(latestRange(signal, atMs, atMs + 1)) as [number, number]))).toEqual(
          [],
        );
      }),
    );
  });
});

describe("what is measured makes sense", () => {
  const hours = Array.from({ length: 96 }, (_, quarter) => NOON - DAY_MS + quarter * (HOUR_MS / 4));

  test("the units' power adds up to the plant's", () => {
    for (const timeMs of hours) {
      const units = Array.from({ length: 8 }, (_, unit) => valueAt(`S1.U${unit + 1}.active_power`, timeMs));
      const sum = units.reduce((total, power) => total + power, 0);
      expect(Math.abs(sum - valueAt("S1.PLANT.active_power", timeMs))).toBeLessThan(3);
    }
  });

  test("units start and stop in a day, and one that stands still feeds nothing and says so", () => {
    const seen = { starts: 0, still: 0 };
    for (const unit of [1, 2, 3, 4, 5, 6, 7, 8]) {
      let ran = valueAt(`S1.U${unit}.running`, hours[0] ?? 0);
      for (const timeMs of hours) {
        const runs = valueAt(`S1.U${unit}.running`, timeMs);
        if (runs !== ran) seen.starts++;
        ran = runs;
        if (valueAt(`S1.U${unit}.rotational_speed`, timeMs) > 0) continue;
        seen.still++;
        expect(runs).toBe(0);
        expect(valueAt(`S1.U${unit}.active_power`, timeMs)).toBe(0);
      }
    }
    expect(seen.starts).toBeGreaterThan(4);
    expect(seen.still).toBeGreaterThan(20);
  });

  test("power follows from head and discharge, and a stator is warmer under load", () => {
    for (const timeMs of hours) {
      const [power, head, discharge] = ["active_power", "head", "discharge"].map((name) =>
        valueAt(`S1.U5.${name}`, timeMs),
      );
      if (power === undefined || head === undefined || discharge === undefined || power < 5) continue;
      const efficiency = (power * 1e6) / (1_000 * 9.81 * head * discharge);
      expect(efficiency).toBeGreaterThan(0.8);
      expect(efficiency).toBeLessThan(1);
    }
    const warmths = hours.map((timeMs) => [
      valueAt("S1.U3.stator_temperature_1", timeMs),
      valueAt("S1.U3.running", timeMs),
    ]);
    const mean = (state: number): number => {
      const warm = warmths.filter(([, running]) => running === state).map(([degrees = 0]) => degrees);
      return warm.reduce((sum, degrees) => sum + degrees, 0) / warm.length;
    };
    expect(mean(1)).toBeGreaterThan(mean(0) + 10);
  });

  test("slow signals do not jump", () => {
    for (const tag of ["S1.PLANT.headwater_level", "S1.U1.thrust_bearing_temperature", "S1.PLANT.air_temperature"]) {
      const read = samples(named(tag), NOON - 12 * HOUR_MS, NOON);
      const steps = read.slice(1).map(({ value }, i) => Math.abs(value - (read[i]?.value ?? 0)));
      expect(read.length).toBeGreaterThan(40_000);
      expect(steps.reduce((most, step) => Math.max(most, step), 0)).toBeLessThan(0.5);
    }
  });
});

describe("the tally", () => {
  const range = { fromMs: NOON, toMs: NOON + 1_800_000 };
  const signal = named("S1.U1.frequency");
  const points = samples(signal, range.fromMs, range.toMs).map(({ timeMs, value }) =>
    pointChecksum(Number(signal.index), timeMs, value),
  );
  const sum = (checksums: readonly number[]): number => checksums.reduce(addChecksums, 0);

  test("is the sum over the points, in any order", () => {
    const tally = plant.tally(HYDRO_DATABASE_ID, signal.index, range);
    expect(tally).toEqual({ samples: 9_000, checksum: sum(points) });
    expect(sum(points.toReversed())).toBe(tally.checksum);
  });

  test("tells a missing, a repeated, a moved and a changed point", () => {
    const [first = 0, second = 0] = points;
    const whole = sum(points);
    expect(sum(points.slice(1))).not.toBe(whole);
    expect(sum([...points, first])).not.toBe(whole);
    expect(sum([second, ...points.slice(1)])).not.toBe(whole);
    const [sample] = samples(signal, range.fromMs, range.toMs);
    if (!sample) throw new Error("no sample");
    for (const changed of [
      pointChecksum(1_002, sample.timeMs, sample.value),
      pointChecksum(Number(signal.index), sample.timeMs + 1, sample.value),
      pointChecksum(Number(signal.index), sample.timeMs, sample.value + 0.001),
      pointChecksum(Number(signal.index), sample.timeMs, -sample.value),
    ]) {
      expect(changed).not.toBe(first);
    }
  });

  test("stays exact at the end of its range, and knows its signals", () => {
    expect(addChecksums(CHECKSUM_RANGE - 1, 2)).toBe(1);
    expect(() => plant.tally(HYDRO_DATABASE_ID, "999", range)).toThrow("no signal 999");
  });
});
