/** What a call is for, most urgent first: values of now, then gaps of the last days, then the past. */
export const LANES = ["live", "repair", "history"] as const;
export type Lane = (typeof LANES)[number];

export type { LaneShares } from "../domain/connection.ts";

/** A place in a queue; hold on to it to leave early. */
export interface Place<T> {
  readonly item: T;
  readonly lane: Lane;
  before: Place<T> | null;
  after: Place<T> | null;
  queued: boolean;
}

interface Ends<T> {
  first: Place<T> | null;
  last: Place<T> | null;
}

/** Waiters by lane: strictly the more urgent lane first, first come first served within it. Every operation takes constant time. */
export class LaneQueue<T> {
  #size = 0;
  readonly #lanes: Readonly<Record<Lane, Ends<T>>> = {
    live: { first: null, last: null },
    repair: { first: null, last: null },
    history: { first: null, last: null },
  };

  get size(): number {
    return this.#size;
  }

  push(lane: Lane, item: T): Place<T> {
    const ends = this.#lanes[lane];
    const place: Place<T> = { item, lane, before: ends.last, after: null, queued: true };
    if (ends.last) ends.last.after = place;
    else ends.first = place;
    ends.last = place;
    this.#size++;
    return place;
  }

  /** Whether somebody waits in a lane. */
  waitsIn(lane: Lane): boolean {
    return this.#lanes[lane].first !== null;
  }

  /** Takes the first of a lane. */
  shiftFrom(lane: Lane): T | undefined {
    const { first } = this.#lanes[lane];
    if (first) this.remove(first);
    return first?.item;
  }

  /** Takes the first of the most urgent lane. */
  shift(): T | undefined {
    const lane = LANES.find((candidate) => this.waitsIn(candidate));
    return lane && this.shiftFrom(lane);
  }

  /** Takes a place out; does nothing when it has left already. */
  remove(place: Place<T>): void {
    if (!place.queued) return;
    const ends = this.#lanes[place.lane];
    if (place.before) place.before.after = place.after;
    else ends.first = place.after;
    if (place.after) place.after.before = place.before;
    else ends.last = place.before;
    place.before = null;
    place.after = null;
    place.queued = false;
    this.#size--;
  }
}
