import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import type { Redact } from "../../transport/redact.ts";
import { isPlausibleTime } from "../plausible-time.ts";
import { type Refuse, readRows } from "../rows.ts";
import type { LatestBatch, VendorReading } from "../vendor.ts";
import { Row, RowOwner } from "./wire.ts";

const POWER_CHARS_MAX = 64;
const POWER = /^([+\-\u2212]?)\s*(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z]+)$/;

/** Powers of ten to watts. "mW" says milli and "mw" could be either, so only "MW" is mega. */
const EXPONENT: Readonly<Record<string, number>> = { W: 0, w: 0, kW: 3, KW: 3, kw: 3, Kw: 3, MW: 6 };

/** Parses "3.24 kW" to watts. Null for text that holds no power: one device's data-quality event, not the batch's failure. */
export function parsePowerW(text: string): number | null {
  if (text.length > POWER_CHARS_MAX) return null;
  const [, sign, digits, unit] = POWER.exec(text.trim()) ?? [];
  if (digits === undefined || unit === undefined || !Object.hasOwn(EXPONENT, unit)) return null;
  // Scaled as text: 0.29 · 1000 would be 290.00000000000006.
  const powerW = Number(`${digits}e${EXPONENT[unit]}`);
  return sign === "" || sign === "+" || powerW === 0 ? powerW : -powerW;
}

/**
 * The vendor's rows in our words: active power at the time the device reported it, and online or not as of `receivedAtMs`,
 * since the vendor states the status as of now while `last_updated` of an offline device lies in the past.
 *
 * @param receivedAtMs when the answer came, by our clock, epoch ms
 * @param redact cleans the originals that issues keep
 */
export function toLatest(
  asked: readonly string[],
  rows: readonly unknown[],
  receivedAtMs: number,
  redact: Redact,
): Omit<LatestBatch, "failure"> {
  return readRows({
    asked,
    rows,
    redact,
    ownerOf: (row) => RowOwner.safeParse(row).data?.sn ?? null,
    read: (device, row, refuse) => readingsOf(device, row, receivedAtMs, refuse),
  });
}

function readingsOf(device: string, row: unknown, receivedAtMs: number, refuse: Refuse): VendorReading[] {
  const readings: VendorReading[] = [];
  const { status, power, last_updated } = Row.shape;
  const fields = row as Readonly<Record<string, unknown>>;

  const state = status.safeParse(fields["status"]).data;
  if (state === undefined) refuse("unreadable_value", 'The status is neither "Online" nor "Offline".');
  else
    readings.push({
      device,
      metric: ONLINE,
      timeMs: receivedAtMs,
      value: state === "Online" ? 1 : 0,
      quality: QUALITY.good,
    });

  const powerW = parsePowerW(power.safeParse(fields["power"]).data ?? "");
  if (powerW === null) refuse("unreadable_value", "The power is no number with W, kW or MW.");

  const timeText = last_updated.safeParse(fields["last_updated"]).data;
  const timeMs = timeText === undefined ? Number.NaN : Date.parse(timeText);
  const plausible = isPlausibleTime(timeMs, receivedAtMs);
  if (!plausible) {
    const detail = Number.isNaN(timeMs) ? "is no time with a zone" : "lies before 2000 or more than a day ahead";
    refuse("implausible_time", `The time of the reading ${detail}.`);
  }
  if (powerW !== null && plausible) {
    const quality = state === "Online" ? QUALITY.good : QUALITY.uncertain;
    readings.push({ device, metric: ACTIVE_POWER, timeMs, value: powerW, quality });
  }
  return readings;
}
