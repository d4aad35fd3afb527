const DAY_MS = 86_400_000;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** Where something stands: degrees, WGS 84; north and east are positive. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * Sine of the sun's elevation, −1 to 1, at a UTC instant; below 0 it is night.
 * Declination after Cooper (1969); equation of time and hour angle as in Duffie and Beckman,
 * "Solar Engineering of Thermal Processes", chapter 1. Good to about half a degree.
 */
export function sineOfSolarElevation(place: Place, timeMs: number): number {
  const date = new Date(timeMs);
  const dayOfYear = (timeMs - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1;
  const declination = 23.45 * RADIANS_PER_DEGREE * Math.sin((2 * Math.PI * (284 + dayOfYear)) / 365);
  const latitude = place.latitude * RADIANS_PER_DEGREE;
  const hourAngle = ((solarTimeH(place, timeMs) - 12) / 24) * 2 * Math.PI;
  return Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle);
}

/** Hours on the sundial at that place, 0 to 24; 12 is solar noon. */
export function solarTimeH(place: Place, timeMs: number): number {
  const date = new Date(timeMs);
  const dayOfYear = (timeMs - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1;
  const season = (2 * Math.PI * (dayOfYear - 81)) / 364;
  const equationOfTimeMin = 9.87 * Math.sin(2 * season) - 7.53 * Math.cos(season) - 1.5 * Math.sin(season);
  const hours = (((timeMs % DAY_MS) + DAY_MS) % DAY_MS) / 3_600_000 + place.longitude / 15 + equationOfTimeMin / 60;
  return ((hours % 24) + 24) % 24;
}

/** Irradiance on level ground under a clear sky, W/m². B. Haurwitz, Journal of Meteorology 2 (1945), 154–166. */
export function clearSkyIrradianceWPerM2(sineOfElevation: number): number {
  return sineOfElevation <= 0 ? 0 : 1098 * sineOfElevation * Math.exp(-0.059 / sineOfElevation);
}
