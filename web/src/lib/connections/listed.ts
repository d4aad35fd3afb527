import type { ListedDevice } from "../api/types.gen.ts";

/** What a device of a vendor's list is beside the list before. */
export const LISTED_STATES = ["new", "renamed", "gone", "known"] as const;
export type ListedState = (typeof LISTED_STATES)[number];

/** Whether somebody can pick it: polling it brings something, and it is not collected yet. */
export function isPickable({
  deviceId,
  metrics,
  state,
}: Pick<ListedDevice, "deviceId" | "metrics" | "state">): boolean {
  return deviceId === null && metrics.length > 0 && state !== "gone";
}

/** Serial numbers as people write lists: one a line, or with commas or blanks between; each once. */
export function parseSerials(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}
