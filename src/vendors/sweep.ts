import { piecewise } from "./piecewise.ts";
import type { LatestBatch, VendorLimits } from "./vendor.ts";

/**
 * Batches of one sweep that may be under way at once unless a vendor says otherwise. More than one, so that a request that waits to
 * be sent again does not hold up the rest; how often anything is sent is the limiter's matter.
 */
export const SWEEP_BATCHES_OPEN_MAX = 8;

export interface SweepOptions {
  readonly devices: readonly string[];
  readonly devicesPerBatch: number;
  readonly signal: AbortSignal | undefined;
  /** Batches that may be under way at once. Default `SWEEP_BATCHES_OPEN_MAX`. */
  readonly openMax?: number;
  /** Asks for one batch of devices. What it throws ends the sweep. */
  readonly read: (asked: readonly string[], signal: AbortSignal) => Promise<LatestBatch>;
}

/** Cuts devices into batches and yields their outcomes as they come, each device once however often it is named. */
export function sweep(options: SweepOptions): AsyncGenerator<LatestBatch, void, undefined> {
  const { devices, devicesPerBatch, openMax = SWEEP_BATCHES_OPEN_MAX, signal, read } = options;
  return piecewise({ pieces: batchesOf(devices, { devicesPerBatch }), openMax, signal, read });
}

/** Devices in the batches in which they are asked for, as few as there can be; each once, in their order. */
export function* batchesOf(
  devices: readonly string[],
  { devicesPerBatch, batchGroup = () => "" }: Pick<VendorLimits, "devicesPerBatch" | "batchGroup">,
): Generator<readonly string[], void, undefined> {
  const groups = new Map<string, string[]>();
  for (const device of new Set(devices)) {
    const group = batchGroup(device);
    const others = groups.get(group);
    if (others) others.push(device);
    else groups.set(group, [device]);
  }
  for (const group of groups.values()) yield* chunks(group, devicesPerBatch);
}

/** Cuts a list into pieces of at most `size`, in order. */
export function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[], undefined, undefined> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
