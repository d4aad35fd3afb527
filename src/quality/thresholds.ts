/*
 * All thresholds of the rules, one set for every plant. A share is one of the rated power; where that is not known, of the greatest
 * value that the series has shown so far.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Equal values, one after another. */
export const FLAT = {
  /** Less is standby, noise and night: a small number with few digits repeats itself. */
  shareMin: 0.01,
  /** Of a coarse scale (0.1 kW of 5 kW) an overcast hour shows one value; three hours of it are no weather. */
  lastsMsMin: 3 * HOUR_MS,
  readingsMin: 6,
  /** From this share on an inverter is at its limit and holds it exactly. */
  limitShare: 0.95,
  /** The same of the greatest value so far: a limit that the grid's operator set lower, such as 70 %. */
  highestShare: 0.98,
  /** No day of sun at a limit is as long between the polar circles: what lasts longer is stuck there, too. */
  atLimitMsMin: 18 * HOUR_MS,
} as const;

/** Values on a straight line that is not flat. */
export const LINE = {
  /** How far a value may be off the line through the two before it. Real values stray a hundred times as far; what was computed is exact. */
  strayShare: 1e-7,
  /** Between the two readings that the line joins. Noise alone makes lines of 4 (seen in a night at SERF East). */
  readingsMin: 6,
  lastsMsMin: HOUR_MS,
} as const;

/** Readings further apart are not compared as neighbours. */
export const NEIGHBOURS_MS_MAX = 2 * HOUR_MS;

/** Nothing comes. */
export const MISSING = {
  /** Shorter is a restart or a reconnection, which clouds and routers have daily. */
  lastsMsMin: 30 * MINUTE_MS,
  /** Missed readings, where they come less often than that. */
  intervals: 4,
  /** The gaps of which the median is the interval of a series that nobody declared. */
  gapsLearned: 31,
  /** With fewer gaps, and no poll, nobody knows how often it comes: what comes daily may take this long. */
  gapsLearnedMin: 3,
  unknownMsMin: 26 * HOUR_MS,
  /** Inverters start some time after sunrise: the sun stands higher than this in what counts as day, degrees. */
  sunDegMin: 5,
  /** Where the sun is not known: an inverter that produced no more than this before it fell silent went to sleep … */
  sleepShareMax: 0.02,
  /** … for no longer than a winter's night. */
  sleepMsMax: 16 * HOUR_MS,
} as const;

/** The same reading is delivered again and again. */
export const STALE = {
  /** How old the reading is when it is delivered: slow clouds are 5 to 15 minutes late. */
  lagMsMin: 30 * MINUTE_MS,
  /** The same in polls, where those are further apart. */
  polls: 3,
} as const;

/** What a quantity can be. */
export const RANGE = {
  /** Inverters give some percent more than rated in the cold or at an edge of a cloud, never a fifth. */
  powerShareMax: 1.2,
  /** An inverter without a battery draws 2.5 W of 5 kW at night (SERF East); transformers some more. */
  nightShareMin: -0.02,
  /** Rounding and calibration of percentages. */
  percentSlack: 1,
  /** Batteries are sold with a little more capacity than named. */
  stateOfHealthMax: 110,
  frequencyHz: { min: 45, max: 65 },
  temperatureCel: { min: -60, max: 150 },
  /** Edges of clouds focus: 1,500 W/m² and more were measured for minutes. Night reads some watts below 0. */
  irradianceWPerM2: { min: -20, max: 1_800 },
  windSpeedMPerS: { min: 0, max: 90 },
} as const;

/** A counter that is less than it was. */
export const COUNTER = {
  /** Of what it had reached: so little is left when it begins anew. */
  resetShareMax: 0.01,
  /** A dip that is not made good in this time is another meter. */
  dipMsMax: 24 * HOUR_MS,
  /** The last digit of a counter that is computed from a double. */
  slackShare: 1e-9,
} as const;

/** Watts taken for kilowatts, or the other way round. */
export const UNIT_FACTOR = {
  /** More than this many times the rated power is no overload: it is in another unit. `out_of_range` is for less. */
  overRated: 50,
  /** A day whose greatest value, times 1,000, is within these shares of the rated power … */
  dayShare: { min: 0.15, max: 1.25 },
  /** … and that has the shape of a day: this share of its readings above a fifth of the greatest, and that one near 0. */
  brightReadingsMin: 0.1,
  darkReadingsMin: 0.2,
  brightShare: 0.2,
  darkShare: 0.02,
  readingsMin: 24,
  /** Against its own days before, where no rated power is known: the median of so many … */
  daysMin: 3,
  /** … is so many times more or less. Weather alone makes 50. */
  ratio: { min: 300, max: 3_000 },
} as const;

/** The device's clock. */
export const CLOCK = {
  /** Readings that are so far ahead of their arrival; NTP keeps ms, and phones seconds. */
  aheadMsMin: 2 * MINUTE_MS,
  /** Power from the sun while that is down. In 15 weeks of SERF East there is none at −2°; with its clock an hour off there is some on two days of three. */
  darkDegMax: -3,
  darkPowerShareMin: 0.01,
  darkMsMin: 10 * MINUTE_MS,
  /** The mean of an hour with the sunset in it has the time of its end: one such reading is no fault. */
  darkReadingsMin: 2,
} as const;

/** An inverter and its neighbours, each by its rated power. */
export const SIBLINGS = {
  /** Others that have a value in the same quarter of an hour: of two, nobody knows which is wrong. */
  othersMin: 2,
  /** The median of the others: with less light a speck of shade decides. */
  lightShareMin: 0.1,
  /** As good as nothing, of the others' median, … */
  deadShareMax: 0.05,
  /** … for so long in that light. An array that faces the other way gets a tenth of it from the sky alone. */
  deadMsMin: 2 * HOUR_MS,
  /** Of the others' energy of a whole local day. East and west differ over hours, and are even over a day. */
  dayShareMax: 0.5,
  /** The others' day at rated power, hours: an overcast winter's day tells nothing. */
  dayLightHMin: 0.5,
} as const;

/** Findings of a rule and a metric that are no further apart are one. */
export const JOINED_MS_MAX = HOUR_MS;
