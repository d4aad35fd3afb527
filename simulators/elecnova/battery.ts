import { chance } from "../chance.ts";
import type { Zone } from "./calendar.ts";

const HOUR_MS = 3_600_000;

/**
 * A battery's day, in ms after local midnight: it is charged around noon and discharged in the evening. All of it lies
 * within 23 h, so that a day whose clocks go forward holds it too.
 */
const CHARGE = { fromMs: 9 * HOUR_MS, toMs: 15 * HOUR_MS } as const;
const DISCHARGE = { fromMs: 17.5 * HOUR_MS, toMs: 22.5 * HOUR_MS } as const;
/** State of charge, %, that a day begins and peaks with. */
const LOW_PERCENT = { min: 6, max: 15 } as const;
const HIGH_PERCENT = { min: 80, max: 94 } as const;

export interface BatteryState {
  /** State of charge, %, from 5 to 95. */
  readonly socPercent: number;
  /** W; positive when it discharges. Losses are left out: it is the change of charge, times capacity. */
  readonly powerW: number;
  /** Wh since it was commissioned; they never fall. */
  readonly chargedWh: number;
  readonly dischargedWh: number;
}

/** A battery whose past and future are a pure function of time. */
export class Battery {
  readonly capacityWh: number;
  readonly #seed: number;
  readonly #name: string;
  readonly #zone: Zone;
  readonly #firstDay: number;
  #counted: { day: number; chargedPercent: number; dischargedPercent: number };

  constructor(seed: number, name: string, zone: Zone, capacityWh: number, commissionedDay: number) {
    this.#seed = seed;
    this.#name = name;
    this.#zone = zone;
    this.capacityWh = capacityWh;
    this.#firstDay = commissionedDay;
    this.#counted = { day: commissionedDay, chargedPercent: 0, dischargedPercent: 0 };
  }

  at(timeMs: number): BatteryState {
    const day = this.#zone.dayAt(timeMs);
    const sinceMidnightMs = timeMs - this.#zone.startOfDayMs(day);
    const rise = this.#high(day) - this.#low(day);
    const fall = this.#high(day) - this.#low(day + 1);
    const charging = eased(sinceMidnightMs, CHARGE);
    const discharging = eased(sinceMidnightMs, DISCHARGE);
    const before = this.#countedBefore(day);
    const percentWh = this.capacityWh / 100;
    return {
      socPercent: this.#low(day) + rise * charging.part - fall * discharging.part,
      powerW: (fall * discharging.perHour - rise * charging.perHour) * percentWh,
      chargedWh: (before.chargedPercent + rise * charging.part) * percentWh,
      dischargedWh: (before.dischargedPercent + fall * discharging.part) * percentWh,
    };
  }

  /** What the whole days before a day have charged and discharged. */
  #countedBefore(day: number): { readonly chargedPercent: number; readonly dischargedPercent: number } {
    if (day < this.#counted.day) this.#counted = { day: this.#firstDay, chargedPercent: 0, dischargedPercent: 0 };
    const counted = this.#counted;
    for (; counted.day < day; counted.day++) {
      counted.chargedPercent += this.#high(counted.day) - this.#low(counted.day);
      counted.dischargedPercent += this.#high(counted.day) - this.#low(counted.day + 1);
    }
    return counted;
  }

  #low(day: number): number {
    return between(LOW_PERCENT, chance(this.#seed, this.#name, "low", day));
  }

  #high(day: number): number {
    return between(HIGH_PERCENT, chance(this.#seed, this.#name, "high", day));
  }
}

function between({ min, max }: { readonly min: number; readonly max: number }, share: number): number {
  return min + (max - min) * share;
}

/** How much of a span is done, 0 to 1, and its slope per hour; it starts and ends without a step in power. */
function eased(
  timeMs: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): { readonly part: number; readonly perHour: number } {
  const u = Math.min(1, Math.max(0, (timeMs - fromMs) / (toMs - fromMs)));
  return { part: u * u * (3 - 2 * u), perHour: (6 * u * (1 - u) * HOUR_MS) / (toMs - fromMs) };
}
