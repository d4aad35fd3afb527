import type { RawCursor, TelemetryStore, TimeWindow } from "../telemetry/store.ts";
import { isoTime } from "./views/times.ts";

const PAGE_ROWS = 10_000;
const DAY_MS = 86_400_000;

interface Row {
  readonly timeMs: number;
  readonly name: string;
  readonly value: number;
}

/** Voltage and current of one UTC day, as sums. */
interface DaySums {
  voltage: number;
  voltages: number;
  current: number;
  currents: number;
}

/**
 * The answer of `GET /data` as pieces of one JSON array: readings by time, then name; after them, for each UTC day with both
 * voltage and current, their means' product. A page of rows at a time is held, and one number a day.
 */
export async function* dataAnswer(
  store: TelemetryStore,
  nameBySeries: ReadonlyMap<number, string>,
  window: TimeWindow,
): AsyncGenerator<string, void, undefined> {
  const days = new DailyPower();
  let separator = "[";
  let piece = "";
  for await (const row of rows(store, nameBySeries, window)) {
    days.add(row);
    piece += separator + itemText(row);
    separator = ",\n ";
    if (piece.length > 65_536) {
      yield piece;
      piece = "";
    }
  }
  for (const row of days.powers()) {
    piece += separator + itemText(row);
    separator = ",\n ";
  }
  yield separator === "[" ? "[]" : `${piece}]`;
}

/** All readings of the window by time, then by name: the store orders by series within one time, so equal times are sorted here. */
async function* rows(
  store: TelemetryStore,
  nameBySeries: ReadonlyMap<number, string>,
  window: TimeWindow,
): AsyncGenerator<Row, void, undefined> {
  const series = [...nameBySeries.keys()];
  if (series.length === 0) return;
  let sameTime: Row[] = [];
  let after: RawCursor | null = null;
  do {
    const page = await store.readRaw({ series, ...window, limit: PAGE_ROWS, ...(after !== null && { after }) });
    for (let index = 0; index < page.columns.length; index++) {
      const timeMs = page.columns.timesMs[index] ?? 0;
      if (sameTime[0] && sameTime[0].timeMs !== timeMs) {
        yield* sameTime.sort(byName);
        sameTime = [];
      }
      const name = nameBySeries.get(page.columns.series[index] ?? 0) ?? "";
      sameTime.push({ timeMs, name, value: page.columns.values[index] ?? 0 });
    }
    after = page.next;
  } while (after !== null);
  yield* sameTime.sort(byName);
}

/** Gathers readings in ascending time into one power a day. */
class DailyPower {
  readonly #powers: Row[] = [];
  #day = Number.NaN;
  #sums: DaySums = { voltage: 0, voltages: 0, current: 0, currents: 0 };

  add({ timeMs, name, value }: Row): void {
    const day = Math.floor(timeMs / DAY_MS);
    if (day !== this.#day) this.#begin(day);
    const kind = name.toLowerCase();
    if (kind === "voltage") {
      this.#sums.voltage += value;
      this.#sums.voltages++;
    } else if (kind === "current") {
      this.#sums.current += value;
      this.#sums.currents++;
    }
  }

  powers(): readonly Row[] {
    this.#begin(Number.NaN);
    return this.#powers;
  }

  #begin(day: number): void {
    const { voltage, voltages, current, currents } = this.#sums;
    if (voltages > 0 && currents > 0) {
      const power = (voltage / voltages) * (current / currents);
      // Decimal inputs make binary dust in the last digit (17.485000000000003); a double carries 15 digits for certain.
      this.#powers.push({ timeMs: this.#day * DAY_MS, name: "Power", value: Number(power.toPrecision(15)) });
    }
    this.#day = day;
    this.#sums = { voltage: 0, voltages: 0, current: 0, currents: 0 };
  }
}

function byName(a: Row, b: Row): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function itemText({ timeMs, name, value }: Row): string {
  return `{"time": "${isoTime(timeMs)}", "name": ${JSON.stringify(name)}, "value": ${JSON.stringify(value)}}`;
}
