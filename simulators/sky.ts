import { smoothChance } from "./chance.ts";

/** The most that thick cloud takes away. */
const CLOUD_DEPTH = 0.82;

/** Share of clear-sky light that gets through over a place, from 1 − `CLOUD_DEPTH` to 1: weather over hours, clouds over minutes, edges over seconds. */
export function sky(seed: number, place: string, timeMs: number): number {
  const weather = smoothChance(seed, `${place} weather`, timeMs, 5 * 3_600_000);
  const banks = smoothChance(seed, `${place} banks`, timeMs, 11 * 60_000);
  const clouds = smoothChance(seed, `${place} clouds`, timeMs, 95_000);
  const edges = smoothChance(seed, `${place} edges`, timeMs, 17_000);
  const cover = 0.55 * weather + 0.25 * banks + 0.15 * clouds + 0.05 * edges;
  // A sky is mostly clear or mostly covered, seldom in between.
  const part = Math.min(1, Math.max(0, (cover - 0.3) / 0.5));
  return 1 - CLOUD_DEPTH * part * part * (3 - 2 * part);
}
