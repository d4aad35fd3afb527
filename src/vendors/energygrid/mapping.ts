import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import type { Redact } from "../../transport/redact.ts";
import { originalOf } from "../original.ts";
import { type LatestBatch, ORIGINAL_CHARS_MAX, type QualityIssue, type VendorReading } from "../vendor.ts";
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

const TIME_MIN_MS = Date.UTC(2000, 0, 1);
const TIME_AHEAD_MAX_MS = 86_400_000;

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
  const awaited = new Set(asked);
  const seen = new Set<string>();
  const readings: VendorReading[] = [];
  const issues: QualityIssue[] = [];
  for (const row of rows) {
    const owner = RowOwner.safeParse(row);
    const device = owner.success ? owner.data.sn : "";
    const refuse = (kind: QualityIssue["kind"], detail: string): void => {
      issues.push({ device: cut(redact(device)), kind, detail, original: originalOf(row, redact) });
    };
    if (!owner.success) {
      refuse("unreadable_value", "A row names no device.");
    } else if (!awaited.has(device)) {
      refuse("unasked_device", "The answer holds a device that was not asked for.");
    } else if (seen.has(device)) {
      refuse("repeated_device", "The answer holds the device more than once; the first counts.");
    } else {
      seen.add(device);
      readings.push(...readingsOf(device, row, receivedAtMs, refuse));
    }
  }
  return { asked, readings, missing: asked.filter((serial) => !seen.has(serial)), issues };
}

function readingsOf(
  device: string,
  row: unknown,
  receivedAtMs: number,
  refuse: (kind: QualityIssue["kind"], detail: string) => void,
): VendorReading[] {
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
  const plausible = timeMs >= TIME_MIN_MS && timeMs <= receivedAtMs + TIME_AHEAD_MAX_MS;
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

function cut(text: string): string {
  return text.slice(0, ORIGINAL_CHARS_MAX);
}
