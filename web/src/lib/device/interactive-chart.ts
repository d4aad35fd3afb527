import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { followBox } from "#lib/chart/canvas.ts";
import { formatValue, powerQuantity, unitText } from "#lib/format/power.ts";
import { localDay, localTime } from "#lib/format/zoned.ts";
import { text } from "#lib/text.ts";
import { type Point, type Range, valueSpan } from "./series.ts";

export interface ChartInput {
  /** With an empty point wherever the line breaks. */
  readonly gapped: readonly Point[];
  readonly unit: string;
  /** What the line is of, in words. */
  readonly name: string;
  /** Whether the height above zero says something. */
  readonly fromZero: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly range: Range;
  readonly timezone: string;
}

/** Room above the highest value, as a share of the span. */
const HEADROOM = 0.06;
const Y_AXIS_WIDTH_PX = 64;
const X_AXIS_HEIGHT_PX = 28;
/** Half a label: the last one stands at the very end. */
const CHART_PADDING_RIGHT_PX = 36;
const DAY_S = 24 * 3_600;
const DAYS_BETWEEN_MARKS = [1, 2, 5, 7, 14, 30, 61, 91];

/** Draws into a box and follows its size and the page's colours until it is destroyed. */
export function drawChart(box: HTMLElement, input: ChartInput): { destroy(): void } {
  return followBox(box, sizeOf, () => create(box, input));
}

function create(box: HTMLElement, { gapped, unit, name, fromZero, fromMs, toMs, range, timezone }: ChartInput): uPlot {
  const style = getComputedStyle(box);
  // A canvas knows no custom properties: the box's own style carries the colours in resolved form.
  const isolated = isolatedPlaces(gapped.map(([, value]) => value));
  const [ink, line, accent] = [style.color, style.borderTopColor, style.caretColor];
  const { min, max } = valueSpan(gapped, fromZero);
  const axis = {
    stroke: ink,
    font: `12px ${style.fontFamily}`,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };

  const options: uPlot.Options = {
    ...sizeOf(box),
    tzDate: (timeS) => uPlot.tzDate(new Date(timeS * 1_000), timezone),
    padding: [8, CHART_PADDING_RIGHT_PX, 0, 0],
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    scales: {
      x: { range: [fromMs / 1_000, toMs / 1_000] },
      y: { range: [min, max + (max - min) * HEADROOM] },
    },
    axes: [
      {
        ...axis,
        size: X_AXIS_HEIGHT_PX,
        values: (_plot, timesS) =>
          timesS.map((timeS) =>
            range === "today" ? localTime(timeS * 1_000, timezone) : localDay(timeS * 1_000, timezone),
          ),
        space: range === "today" ? 56 : 84,
        // More than a day is marked by days, whatever the hour that the width would allow.
        ...(range === "today" ? {} : { incrs: DAYS_BETWEEN_MARKS.map((days) => days * DAY_S) }),
      },
      {
        ...axis,
        size: Y_AXIS_WIDTH_PX,
        values: (_plot, values, _axis, _space, step) => values.map((value) => axisValue(value, unit, step)),
      },
    ],
    series: [
      {
        label: text.device.chartTime,
        value: (_plot, timeS) => (timeS === null ? text.noValue : momentText(timeS * 1_000, timezone)),
      },
      {
        label: name,
        stroke: accent,
        width: 1.5,
        ...(fromZero ? { fill: transparent(accent), fillTo: 0 } : {}),
        spanGaps: false,
        points: { show: isolated.length > 0, size: 5, fill: accent, filter: () => isolated },
        value: (_plot, value) => (value === null || value === undefined ? text.noValue : formatValue(value, unit)),
      },
    ],
  };
  const times = gapped.map(([timeMs]) => timeMs / 1_000);
  const values = gapped.map(([, value]) => value);
  return new uPlot(options, [times, values], box);
}

/** Places of values with a gap on both sides: no line reaches them, so they are drawn as dots. */
function isolatedPlaces(values: readonly (number | null)[]): number[] {
  const isGap = (place: number): boolean => (values[place] ?? null) === null;
  return [...values.keys()].filter((place) => !isGap(place) && isGap(place - 1) && isGap(place + 1));
}

/** Axis marks are round numbers: without the zeros that a measured value carries. */
function axisValue(value: number, unit: string, step: number): string {
  if (unit !== "W") {
    const digits = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 6);
    return `${value.toFixed(digits).replace("-", "−")} ${unitText(unit)}`.trimEnd();
  }
  const quantity = powerQuantity(value);
  const digits = quantity.digits.includes(".") ? quantity.digits.replace(/\.?0+$/, "") : quantity.digits;
  return `${digits} ${quantity.unit}`;
}

function momentText(timeMs: number, timezone: string): string {
  return `${localDay(timeMs, timezone)}, ${localTime(timeMs, timezone)}`;
}

function transparent(color: string): string {
  return color.startsWith("rgb(") ? color.replace("rgb(", "rgba(").replace(")", ", 0.14)") : "transparent";
}

/** The legend stands under the drawing and may take two lines: the box grows with it, the drawing does not. */
const DRAWING_HEIGHT_PX = 240;
const DRAWING_WIDTH_MIN_PX = 160;

function sizeOf(box: HTMLElement): { width: number; height: number } {
  return { width: Math.max(box.clientWidth, DRAWING_WIDTH_MIN_PX), height: DRAWING_HEIGHT_PX };
}
