import { text } from "#lib/text.ts";

/** What people call a metric: its word in the catalogue, or its name made readable. */
export function metricName(name: string): string {
  const words = name.replaceAll("_", " ").trim();
  return text.device.metricNames[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
