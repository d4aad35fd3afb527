import type { Chance } from "./chance.ts";

/**
 * Points of the program at which it may be killed (`src/telemetry/trace.ts`), with the most occurrences that a shot lets pass: as many as a
 * life of a second or two brings.
 */
export const POINTS = {
  "journal.append": 30,
  "journal.commit": 20,
  "journal.committed": 20,
  "projection.sent": 4,
  "projection.inserted": 4,
  "latest.saved": 3,
  "checkpoint.done": 3,
  "rollup.begin": 1,
  "rollup.written": 1,
  "delete.begin": 1,
  "delete.done": 1,
  "retention.begin": 1,
  "retention.done": 1,
} as const;
export type Point = keyof typeof POINTS;

export type Victim = "server" | "engine" | "all";

/** One kill at a point. */
export interface Shot {
  readonly point: Point;
  /** Kills at the n-th time that the point is passed while the shots are armed, counted from 1. */
  readonly occurrence: number;
  readonly victim: Victim;
  /** Ms after the point. */
  readonly delayMs: number;
  /** Whether the thread that passes the point stands still during the delay, while the other processes go on. */
  readonly holds: boolean;
}

/** What the preloaded `kill-at.ts` is told, as JSON in `CRASH_ORDERS`. */
export interface Orders {
  readonly shots: readonly Shot[];
  /** The shots count and kill only while this file is there. */
  readonly armedFile: string;
  /** A line of JSON, `Kill`, is added to it before each kill. */
  readonly killsFile: string;
}

export interface Kill {
  /** "too late": the point that was ordered did not come in time. */
  readonly point: Point | "any time" | "too late";
  readonly victim: Victim;
}

/** A kill at a time that no point marks, ms after the load began: it meets merges and whatever else the engine does by itself. */
export interface TimedShot {
  readonly victim: Victim;
  readonly afterMs: number;
}

/** A server's life, which ends with the death of its process. */
export interface Life {
  /** Of the engine alone, on the way. */
  readonly engineShot: Shot | TimedShot | null;
  readonly lastShot: Shot | TimedShot;
  /** Whether the shots are armed before the program starts, so that they may kill it while it recovers. */
  readonly fromTheStart: boolean;
}

const DELAY_MS_MAX = 20;
const AFTER_MS_MAX = 1_200;
/** Points that a start passes when it finds work left over; days are rolled up nowhere else in so short a life. */
const START_POINTS: ReadonlySet<Point> = new Set([
  "projection.sent",
  "projection.inserted",
  "latest.saved",
  "checkpoint.done",
  "rollup.begin",
  "rollup.written",
]);
const ONLY_AT_START: ReadonlySet<Point> = new Set(["rollup.begin", "rollup.written"]);
const START_OCCURRENCE_MAX = 2;

/** Draws lives. Last shots take the points in turn, so that a run of some campaigns meets each of them; all else is chance. */
export class Fates {
  readonly #chance: Chance;
  readonly #startPoints: readonly Point[];
  readonly #loadPoints: readonly Point[];
  #turn: number;

  /** @param turn where to begin among the points */
  constructor(chance: Chance, points: readonly Point[], turn: number) {
    this.#chance = chance;
    this.#startPoints = points.filter((point) => START_POINTS.has(point));
    this.#loadPoints = points.filter((point) => !ONLY_AT_START.has(point));
    this.#turn = turn;
  }

  draw(): Life {
    const fromTheStart = this.#chance.onceIn(4);
    const points = fromTheStart ? this.#startPoints : this.#loadPoints;
    const lastPoint = points[this.#turn++ % points.length];
    // An engine that has just died is not asked to roll days up.
    const engineDies = this.#chance.onceIn(2) && !(lastPoint && ONLY_AT_START.has(lastPoint));
    const engineShot = engineDies ? this.#shot("engine", this.#chance.pick(points), fromTheStart) : null;
    const lastShot = this.#shot(this.#chance.onceIn(2) ? "server" : "all", lastPoint, fromTheStart);
    return { engineShot, lastShot, fromTheStart };
  }

  #shot(victim: Victim, point: Point | undefined, fromTheStart: boolean): Shot | TimedShot {
    const chance = this.#chance;
    const afterMs = chance.next() * AFTER_MS_MAX;
    if (point === undefined || (!fromTheStart && chance.onceIn(6))) return { victim, afterMs };
    const occurrenceMax = ONLY_AT_START.has(point) ? 1 : fromTheStart ? START_OCCURRENCE_MAX : POINTS[point];
    return {
      point,
      victim,
      occurrence: chance.between(1, occurrenceMax),
      delayMs: chance.onceIn(3) ? 0 : Math.round(chance.next() * DELAY_MS_MAX * 10) / 10,
      holds: chance.onceIn(3),
    };
  }
}

export function isTimed(shot: Shot | TimedShot): shot is TimedShot {
  return "afterMs" in shot;
}
