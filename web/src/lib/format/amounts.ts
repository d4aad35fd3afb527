const STEPS = ["kB", "MB", "GB", "TB"] as const;
const STEP = 1_000;

/** "2,016,000": the same on every machine, since no locale takes part. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** Bytes in the unit that reads best, by thousands as disks are sold: "812 B", "3.4 MB", "128 GB". */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit: string = "B";
  for (const next of STEPS) {
    // 999.5 of one is written as 1.0 of the next.
    if (size < STEP - 0.5) break;
    size /= STEP;
    unit = next;
  }
  // No-break space: a number never leaves its unit.
  return `${unit === "B" || size >= 9.95 ? Math.round(size) : size.toFixed(1)} ${unit}`;
}

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** A length of time in its two largest units: "3 d 4 h", "12 min", "40 s". */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1_000));
  const days = Math.floor(seconds / DAY_S);
  const hours = Math.floor((seconds % DAY_S) / HOUR_S);
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
