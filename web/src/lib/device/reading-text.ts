import { formatValue } from "../format/power.ts";
import { text } from "../text.ts";

/** A metric's value as people read it: whether a device is connected is a word. */
export function readingText(metric: { readonly name: string; readonly unit: string }, value: number): string {
  if (metric.name === "online") return value === 1 ? text.device.connected.yes : text.device.connected.no;
  return formatValue(value, metric.unit);
}
