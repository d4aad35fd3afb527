const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** Where something stands: degrees, WGS 84; north and east are positive. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * How high the sun stands, degrees from −90 to 90; below 0 it is under the horizon. Declination and equation of time are J. W. Spencer's
 * Fourier series ("Fourier series representation of the position of the sun", Search 2 (1971), 172), good to a fraction of a degree.
 */
export function solarElevationDeg({ latitude, longitude }: Place, timeMs: number): number {
  const year = new Date(timeMs).getUTCFullYear();
  const days = (timeMs - Date.UTC(year, 0, 1)) / DAY_MS;
  const season = (2 * Math.PI * days) / 365;
  const [once, twice, thrice] = [1, 2, 3].map((n) => ({ cos: Math.cos(n * season), sin: Math.sin(n * season) }));
  if (!once || !twice || !thrice) throw new RangeError("three harmonics are three");
  const declination =
    0.006918 -
    0.399912 * once.cos +
    0.070257 * once.sin -
    0.006758 * twice.cos +
    0.000907 * twice.sin -
    0.002697 * thrice.cos +
    0.00148 * thrice.sin;
  const equationOfTimeMin =
    229.18 * (0.000075 + 0.001868 * once.cos - 0.032077 * once.sin - 0.014615 * twice.cos - 0.040849 * twice.sin);
  const dayMs = ((timeMs % DAY_MS) + DAY_MS) % DAY_MS;
  const solarTimeH = dayMs / HOUR_MS + longitude / 15 + equationOfTimeMin / 60;
  const hourAngle = (solarTimeH - 12) * 15 * RADIANS_PER_DEGREE;
  const north = latitude * RADIANS_PER_DEGREE;
  const sine = Math.sin(north) * Math.sin(declination) + Math.cos(north) * Math.cos(declination) * Math.cos(hourAngle);
  return Math.asin(Math.max(-1, Math.min(1, sine))) / RADIANS_PER_DEGREE;
}

/** Width of the steps in which a span is looked at. */
const LOOK_MS = 600_000;
/** Longest span that is looked at step by step; every longer one has a day in it, but beyond the polar circles. */
const LOOKED_AT_MS_MAX = 7 * DAY_MS;

/** How much of a span the sun stands higher than `aboveDeg`, ms, to ten minutes; of a longer span than 7 days, of its first 7. */
export function daylightMs(place: Place, fromMs: number, toMs: number, aboveDeg: number): number {
  const endMs = Math.min(toMs, fromMs + LOOKED_AT_MS_MAX);
  let lightMs = 0;
  for (let atMs = fromMs; atMs < endMs; atMs += LOOK_MS) {
    const stepMs = Math.min(LOOK_MS, endMs - atMs);
    if (solarElevationDeg(place, atMs + stepMs / 2) > aboveDeg) lightMs += stepMs;
  }
  return lightMs;
}
