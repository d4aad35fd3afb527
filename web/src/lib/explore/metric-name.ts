import { text } from "../text.ts";

/** A metric's name as people say it; its own where there is no word for it. */
export function metricName(name: string): string {
  return text.device.metricNames[name] ?? name;
}
