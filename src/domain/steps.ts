const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Steps that `auto` chooses from: each divides the next or an hour or a day, so that charts of several sizes share their edges. */
const AUTO_STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR_MS),
  DAY_MS,
  7 * DAY_MS,
];

/** The finest step that cuts a window of `spanMs` into at most `stepsMax` steps; past a week, whole multiples of it. */
export function autoStepMs(spanMs: number, stepsMax: number): number {
  const fits = (stepMs: number): boolean => spanMs / stepMs <= stepsMax;
  const week = 7 * DAY_MS;
  return AUTO_STEPS_MS.find(fits) ?? Math.ceil(spanMs / stepsMax / week) * week;
}

/** Reads an ISO 8601 duration of hours, minutes and seconds (`PT15M`, `PT1H30M`); null for any other, or none at all. */
export function parseStepMs(text: string): number | null {
  const match = /^P(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)$/.exec(text);
  if (!match) return null;
  const [, hours = "0", minutes = "0", seconds = "0"] = match;
  const stepMs = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * SECOND_MS;
  return stepMs > 0 ? stepMs : null;
}

/** Writes a step as an ISO 8601 duration. */
export function formatStep(stepMs: number): string {
  const parts: [number, string][] = [
    [HOUR_MS, "H"],
    [MINUTE_MS, "M"],
    [SECOND_MS, "S"],
  ];
  let leftMs = stepMs;
  let text = "PT";
  for (const [unitMs, letter] of parts) {
    const count = Math.floor(leftMs / unitMs);
    if (count > 0) text += `${count}${letter}`;
    leftMs -= count * unitMs;
  }
  return text;
}
