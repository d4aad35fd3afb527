/**
 * Chance without state: the same seed and keys give the same number, in any order of asking.
 * That is what makes a fleet's history computable and a fault repeatable.
 */

const UINT32_RANGE = 2 ** 32;

/** Uniform in [0, 1) by the keys; keys are whole numbers (of any size up to 2^53) or words. */
export function chance(seed: number, ...keys: readonly (number | string)[]): number {
  let state = mixed(seed >>> 0, 0x9e3779b9);
  for (const key of keys) {
    if (typeof key === "number") {
      state = mixed(state, key >>> 0);
      state = mixed(state, Math.floor(key / UINT32_RANGE) >>> 0);
    } else {
      for (let i = 0; i < key.length; i++) state = mixed(state, key.charCodeAt(i));
      state = mixed(state, key.length);
    }
  }
  return state / UINT32_RANGE;
}

/** A smooth curve in [0, 1] through random points `periodMs` apart, with no step in its slope. */
export function smoothChance(seed: number, name: string, timeMs: number, periodMs: number): number {
  const position = timeMs / periodMs;
  const index = Math.floor(position);
  const part = position - index;
  const ease = part * part * (3 - 2 * part);
  const from = chance(seed, name, index);
  const to = chance(seed, name, index + 1);
  return from + (to - from) * ease;
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain) over state and input. */
function mixed(state: number, input: number): number {
  let hash = Math.imul(state ^ input, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) + 0x6d2b79f5;
  hash = Math.imul(hash ^ (hash >>> 15), hash | 1);
  return (hash ^ (hash >>> 14)) >>> 0;
}
