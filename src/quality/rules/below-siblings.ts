import type { CalendarSpan } from "../../domain/calendar.ts";
import type { Finding } from "../../domain/quality.ts";
import { SIBLINGS } from "../thresholds.ts";

/** A quarter of an hour: what is compared are its means, since no two inverters are read at the same moment. */
const BUCKET_MS = 900_000;
const BUCKET_H = 0.25;

export interface Sibling {
  /** In the unit of its readings. */
  readonly ratedPower: number;
}

/** @returns the local day that a moment lies in */
export type DayOf = (timeMs: number) => CalendarSpan;

/**
 * Far below its siblings: an inverter that gives next to nothing for hours, or far less over a day, than its neighbours of the same site in the same light, each by its rated
 * power. Only quarters of an hour in which it and its neighbours have values are compared: what does not come is `missing`.
 */
export class BelowSiblings {
  readonly #members: readonly Member[];
  readonly #dayOf: DayOf;
  readonly #fromMs: number;
  #day: CalendarSpan | null = null;
  #bucket = Number.NaN;

  /** @param fromMs where the readings begin: a day that has begun before is not judged as a whole */
  constructor(siblings: readonly Sibling[], dayOf: DayOf, fromMs: number) {
    this.#members = siblings.map(({ ratedPower }) => new Member(ratedPower));
    this.#dayOf = dayOf;
    this.#fromMs = fromMs;
  }

  /** The next reading of one of them; times ascend over all. */
  take(index: number, timeMs: number, value: number): void {
    const bucket = Math.floor(timeMs / BUCKET_MS);
    if (bucket !== this.#bucket) {
      this.#closeBucket();
      if (this.#day === null || timeMs >= this.#day.toMs) {
        this.#closeDay(timeMs);
        this.#day = this.#dayOf(timeMs);
      }
      this.#bucket = bucket;
    }
    this.#members[index]?.take(value);
  }

  /** What was found of each, in their order. */
  end(untilMs: number): readonly (readonly Finding[])[] {
    this.#closeBucket();
    this.#closeDay(untilMs);
    return this.#members.map((member) => member.end());
  }

  #closeBucket(): void {
    const shares = this.#members.map((member) => member.takeShare());
    const known = shares.filter((share) => share !== null).sort((a, b) => a - b);
    if (known.length <= SIBLINGS.othersMin) return;
    this.#members.forEach((member, index) => {
      const share = shares[index] ?? null;
      if (share !== null) member.compare(share, medianWithout(known, share), this.#bucket * BUCKET_MS);
    });
  }

  #closeDay(nowMs: number): void {
    if (this.#day === null) return;
    const isWhole = this.#day.fromMs >= this.#fromMs && this.#day.toMs <= nowMs;
    for (const member of this.#members) member.closeDay(isWhole ? this.#day : null);
  }
}

/** The median of an ascending list without one of its values. */
function medianWithout(sorted: readonly number[], value: number): number {
  const out = sorted.indexOf(value);
  const at = (place: number): number => sorted[place < out ? place : place + 1] ?? 0;
  const others = sorted.length - 1;
  const middle = others >> 1;
  return others % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
}

class Member {
  readonly #rated: number;
  readonly #found: Finding[] = [];
  #sum = 0;
  #readings = 0;
  /** Of the day, in hours at rated power. */
  #ownH = 0;
  #othersH = 0;
  /** Next to nothing: from when until when, how long of it in light. */
  #dead: { readonly fromMs: number; toMs: number; lightMs: number; shareMax: number; othersMax: number } | null = null;

  constructor(rated: number) {
    this.#rated = rated;
  }

  take(value: number): void {
    this.#sum += value;
    this.#readings++;
  }

  /** The mean of the quarter of an hour as a share of the rated power; null without a reading. */
  takeShare(): number | null {
    const share = this.#readings === 0 ? null : this.#sum / this.#readings / this.#rated;
    this.#sum = this.#readings = 0;
    return share;
  }

  compare(share: number, others: number, atMs: number): void {
    this.#ownH += share * BUCKET_H;
    this.#othersH += others * BUCKET_H;
    if (others < SIBLINGS.lightShareMin) return;
    if (share > SIBLINGS.deadShareMax * others) {
      this.#closeDead(atMs);
      return;
    }
    this.#dead ??= { fromMs: atMs, toMs: atMs, lightMs: 0, shareMax: 0, othersMax: 0 };
    this.#dead.toMs = atMs + BUCKET_MS;
    this.#dead.lightMs += BUCKET_MS;
    this.#dead.shareMax = Math.max(this.#dead.shareMax, share);
    this.#dead.othersMax = Math.max(this.#dead.othersMax, others);
  }

  closeDay(whole: CalendarSpan | null): void {
    const [own, others] = [this.#ownH, this.#othersH];
    this.#ownH = this.#othersH = 0;
    if (whole === null || others < SIBLINGS.dayLightHMin || own >= SIBLINGS.dayShareMax * others) return;
    const evidence = { looks: "low_day", hoursAtRated: rounded(own), othersHoursAtRated: rounded(others) };
    this.#found.push({ rule: "below_siblings", fromMs: whole.fromMs, toMs: whole.toMs, evidence });
  }

  end(): readonly Finding[] {
    this.#closeDead(null);
    return this.#found.sort((a, b) => a.fromMs - b.fromMs);
  }

  #closeDead(toMs: number | null): void {
    const dead = this.#dead;
    this.#dead = null;
    if (dead === null || dead.lightMs < SIBLINGS.deadMsMin) return;
    const evidence = { looks: "dead", shareOfRatedUpTo: rounded(dead.shareMax), othersUpTo: rounded(dead.othersMax) };
    this.#found.push({ rule: "below_siblings", fromMs: dead.fromMs, toMs, evidence });
  }
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
