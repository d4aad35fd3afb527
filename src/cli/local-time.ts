import { Temporal } from "temporal-polyfill";
import { isTimeZone } from "../domain/calendar.ts";
import { BadUse } from "./exit-codes.ts";

const MINUTE_MS = 60_000;
const FIXED_OFFSET = /^([+-])([01]\d|2[0-3]):?([0-5]\d)$/;

/** Clocks are set at quarters of an hour nowadays, so between two quarters one answer holds; before this they were set at odd seconds. */
const QUARTER_MS = 15 * MINUTE_MS;
const QUARTERS_FROM_MS = Date.UTC(1980, 0, 1);

/** How far local time is ahead of UTC where a clock showed a time, ms. */
export interface LocalOffsets {
  /** NaN when the clock never showed it: it was set forward past it. */
  readonly firstMs: number;
  /** When the clock showed it a second time, after it was set back; else the same as the first. */
  readonly secondMs: number;
}

/** A zone's clock: what moment a local time was, and what local time a moment is. */
export class LocalClock {
  readonly zone: string;
  /** Of a zone that is a fixed offset, such as `-07:00`. */
  readonly #fixed: LocalOffsets | null;
  #quarter = Number.NaN;
  #offsets: LocalOffsets | null = null;

  /** @param zone an IANA name, or an offset such as `-07:00` @throws BadUse naming `flag` */
  constructor(zone: string, flag = "--timezone") {
    const offset = FIXED_OFFSET.exec(zone);
    if (!offset && !isTimeZone(zone)) {
      throw new BadUse(`${flag} must be an IANA name such as Europe/Madrid, or an offset such as -07:00: ${zone}`);
    }
    const [, sign, hours, minutes] = offset ?? [];
    const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS * (sign === "-" ? -1 : 1);
    this.#fixed = offset ? { firstMs: offsetMs, secondMs: offsetMs } : null;
    this.zone = offset ? `${sign}${hours}:${minutes}` : zone;
  }

  /**
   * The offsets at which the clock showed a local time.
   * @param localMs the local time as if it were UTC, epoch ms
   */
  offsetsAt(localMs: number): LocalOffsets {
    if (this.#fixed) return this.#fixed;
    const quarter = Math.floor(localMs / QUARTER_MS);
    if (quarter === this.#quarter && this.#offsets) return this.#offsets;
    const offsets = offsetsAt(localMs, this.zone);
    this.#quarter = localMs >= QUARTERS_FROM_MS ? quarter : Number.NaN;
    this.#offsets = offsets;
    return offsets;
  }

  /** A moment as ISO 8601 with this zone's offset, to the ms. */
  text(timeMs: number): string {
    return Temporal.Instant.fromEpochMilliseconds(timeMs)
      .toZonedDateTimeISO(this.zone)
      .toString({ timeZoneName: "never", fractionalSecondDigits: 3 });
  }
}

function offsetsAt(localMs: number, zone: string): LocalOffsets {
  const local = Temporal.Instant.fromEpochMilliseconds(localMs).toZonedDateTimeISO("UTC").toPlainDateTime();
  const [first, second] = (["earlier", "later"] as const).map((disambiguation) =>
    local.toZonedDateTime(zone, { disambiguation }),
  );
  if (!first || !second) throw new RangeError("two choices give two moments");
  const firstMs = first.offsetNanoseconds / 1e6;
  // In a gap either choice gives a moment at which the clock shows another time.
  if (localMs - first.epochMilliseconds !== firstMs) return { firstMs: Number.NaN, secondMs: Number.NaN };
  return { firstMs, secondMs: second.offsetNanoseconds / 1e6 };
}
