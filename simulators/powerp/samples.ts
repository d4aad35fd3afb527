import { smoothChance } from "../chance.ts";
import type { Operation, OperationAt } from "./operation.ts";
import type { Behaviour } from "./tables.ts";

/** Values have this many parts to one: three decimals. */
export const PARTS_PER_ONE = 1_000;
/** What changes slowly is reckoned this often and lies on a straight line between. */
const NODE_MS = 10_000;
/** Nodes that are kept per machine: 2.8 hours, enough for a query's signals to share them. */
const NODES_KEPT = 1_024;
const WANDER_MS = 600_000;
/** What follows the whole part for each number of thousandths: nothing, `.001`, `.002`, … `.01`, … */
const DECIMALS = Array.from({ length: PARTS_PER_ONE }, (_, parts) => String(parts / PARTS_PER_ONE).slice(1));

/** A signal's samples: at `phaseMs` and every `periodMs` from there, never before `firstMs`. */
export interface Sampling {
  readonly seed: number;
  /** Another key is other noise. */
  readonly key: number;
  readonly name: string;
  readonly periodMs: number;
  readonly phaseMs: number;
  readonly firstMs: number;
  readonly behaviour: Behaviour;
  readonly operation: (node: number) => Operation;
}

/** From (inclusive) and to (exclusive) in whole epoch ms. */
export interface RangeMs {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The operation at each node, with those that were asked for last kept. */
export function atNodes(operation: OperationAt): (node: number) => Operation {
  const kept = new Array<{ node: number; now: Operation } | undefined>(NODES_KEPT);
  return (node) => {
    const slot = ((node % NODES_KEPT) + NODES_KEPT) % NODES_KEPT;
    const known = kept[slot];
    if (known?.node === node) return known.now;
    const now = operation(node * NODE_MS);
    kept[slot] = { node, now };
    return now;
  };
}

/** Time of the first sample that is not before `fromMs`. */
export function firstSampleMs({ periodMs, phaseMs, firstMs }: Sampling, fromMs: number): number {
  return Math.ceil((Math.max(fromMs, firstMs) - phaseMs) / periodMs) * periodMs + phaseMs;
}

/** How many samples a range holds, without making them. */
export function sampleCount(sampling: Sampling, { fromMs, toMs }: RangeMs): number {
  const first = firstSampleMs(sampling, fromMs);
  return first < toMs ? Math.ceil((toMs - first) / sampling.periodMs) : 0;
}

/** A range that holds the newest sample at or before `atMs` and no other; nothing when that lies before `sinceMs`. */
export function latestRange({ periodMs, phaseMs }: Sampling, atMs: number, sinceMs: number): RangeMs {
  const newestMs = Math.floor((atMs - phaseMs) / periodMs) * periodMs + phaseMs;
  return { fromMs: Math.max(sinceMs, newestMs), toMs: newestMs + 1 };
}

/** Walks over a signal's samples. What a sample holds depends on its own time alone, whatever range it is met in. */
export class SampleCursor {
  /** Epoch ms, whole. */
  timeMs: number;
  /** The value in thousandths, whole. */
  thousandths = 0;
  readonly #sampling: Sampling;
  readonly #toMs: number;
  readonly #lowest: number;
  readonly #highest: number;
  readonly #isBool: boolean;
  #nextNodeMs = Number.NEGATIVE_INFINITY;
  #level = 0;
  #slope = 0;
  #noise = 0;

  constructor(sampling: Sampling, { fromMs, toMs }: RangeMs) {
    this.#sampling = sampling;
    this.#toMs = toMs;
    this.timeMs = firstSampleMs(sampling, fromMs) - sampling.periodMs;
    this.#lowest = sampling.behaviour.min * PARTS_PER_ONE;
    this.#highest = sampling.behaviour.max * PARTS_PER_ONE;
    this.#isBool = sampling.behaviour.words !== null;
  }

  /** Goes to the next sample; false when the range is over. */
  next(): boolean {
    const timeMs = this.timeMs + this.#sampling.periodMs;
    if (timeMs >= this.#toMs) return false;
    this.timeMs = timeMs;
    if (timeMs >= this.#nextNodeMs) this.#enterNode(Math.floor(timeMs / NODE_MS));
    const level = this.#level + this.#slope * (timeMs - this.#nextNodeMs + NODE_MS);
    if (this.#isBool) {
      this.thousandths = level >= PARTS_PER_ONE / 2 ? PARTS_PER_ONE : 0;
      return true;
    }
    const value = Math.round(level + this.#noise * triangle(this.#sampling.key, timeMs));
    // Adding 0 makes 0 of −0.
    this.thousandths = (value < this.#lowest ? this.#lowest : value > this.#highest ? this.#highest : value) + 0;
    return true;
  }

  /** The value as JSON writes it. */
  text(): string {
    const { thousandths } = this;
    const parts = thousandths < 0 ? -thousandths : thousandths;
    const whole = Math.floor(parts / PARTS_PER_ONE);
    return `${thousandths < 0 ? "-" : ""}${whole}${DECIMALS[parts - whole * PARTS_PER_ONE] ?? ""}`;
  }

  #enterNode(node: number): void {
    const { behaviour, operation } = this.#sampling;
    const level = this.#levelAt(node);
    this.#slope = (this.#levelAt(node + 1) - level) / NODE_MS;
    this.#level = level;
    this.#noise = behaviour.noise * (behaviour.restsWithMachine ? operation(node).speed : 1) * PARTS_PER_ONE;
    this.#nextNodeMs = (node + 1) * NODE_MS;
  }

  /** In thousandths. */
  #levelAt(node: number): number {
    const { behaviour, operation, seed, name } = this.#sampling;
    const now = operation(node);
    const share = behaviour.restsWithMachine ? now.speed : 1;
    const wander =
      behaviour.noise === 0 ? 0 : 4 * behaviour.noise * (smoothChance(seed, name, node * NODE_MS, WANDER_MS) - 0.5);
    return (behaviour.level(now) + share * wander) * PARTS_PER_ONE;
  }
}

/** Noise between −1 and 1, most often near 0: the sum of two uniform halves of one hash. */
function triangle(key: number, timeMs: number): number {
  const hash = mixed(key, timeMs);
  return ((hash & 0xffff) + (hash >>> 16)) / 0xffff - 1;
}

/** 32 bits of the key and a whole number of any size up to 2^53. Multiply-xor-shift, as MurmurHash3 ends. */
export function mixed(key: number, whole: number): number {
  const high = Math.floor(whole / 2 ** 32);
  let hash = Math.imul(key ^ (whole - high * 2 ** 32), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ high, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) >>> 0;
}
