import { withGaps } from "../chart/gaps.ts";
import type { ChartLine } from "../chart/line-chart.ts";
import type { LoadedLine, Picture } from "./picture.ts";

/** Axes of one chart, left and right. */
export const UNITS_PER_PANEL_MAX = 2;

/** A metric that is drawn, and its place among the colours. */
export interface DrawnMetric {
  readonly id: string;
  readonly unit: string;
  readonly kind: "gauge" | "counter" | "state";
}

/** One chart: the lines of one or two units. */
export interface Panel {
  readonly units: readonly string[];
  /** Those of this range first, then those of the week before. */
  readonly lines: readonly ChartLine[];
  /** The same for as long as the same lines are drawn, whatever their points. */
  readonly key: string;
}

/** Charts below each other, one for each two units in the order in which they were picked. */
export function panelsOf(metrics: readonly DrawnMetric[], picture: Picture): Panel[] {
  const units = [...new Set(metrics.map(({ unit }) => unit))];
  const panels: Panel[] = [];
  for (let place = 0; place < units.length; place += UNITS_PER_PANEL_MAX) {
    const ofPanel = units.slice(place, place + UNITS_PER_PANEL_MAX);
    // By unit, so that the left axis is that of the first.
    const drawn = ofPanel.flatMap((unit) => metrics.filter((metric) => metric.unit === unit));
    const lines = [picture.lines, picture.before].flatMap((loaded, isBefore) =>
      loaded === null ? [] : drawn.map((metric) => chartLine(metric, metrics, loaded, isBefore === 1)),
    );
    const key = [
      ...lines.map(({ isDashed }) => (isDashed ? "-" : "")),
      ...drawn.map(({ id, unit }) => `${id} ${unit}`),
    ].join();
    panels.push({ units: ofPanel, lines, key });
  }
  return panels;
}

function chartLine(
  metric: DrawnMetric,
  all: readonly DrawnMetric[],
  loaded: readonly LoadedLine[],
  isBefore: boolean,
): ChartLine {
  const line = loaded.find(({ metricId }) => metricId === metric.id);
  return {
    points: line ? withGaps(line.points, line.joinedMs) : [],
    unit: metric.unit,
    color: all.indexOf(metric),
    isDashed: isBefore,
    isStepped: metric.kind === "state",
  };
}
