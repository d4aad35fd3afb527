import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { chartColors, followBox } from "#lib/chart/canvas.ts";
import { formatPower, powerQuantity } from "#lib/format/power.ts";
import { localTime } from "#lib/format/zoned.ts";
import { type Band, spanOf } from "./stacking.ts";

export interface StackInput {
  readonly timesMs: readonly number[];
  readonly bands: readonly Band[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly timezone: string;
}

/** Room beyond the highest and the lowest value, as a share of the span. */
const HEADROOM = 0.06;
const Y_AXIS_WIDTH_PX = 64;
const X_AXIS_HEIGHT_PX = 28;
/** Half a label: the last one stands at the very end. */
const CHART_PADDING_RIGHT_PX = 24;
const HEIGHT_PX = 272;
const WIDTH_MIN_PX = 160;

/**
 * Draws a stack into a box and follows its size and the page's colours until it is destroyed.
 * @param onPointed the place in `timesMs` that the pointer is at; null once it has left
 */
export function drawStack(
  box: HTMLElement,
  input: StackInput,
  onPointed: (place: number | null) => void,
): { destroy(): void } {
  return followBox(box, sizeOf, () => create(box, input, onPointed));
}

function create(
  box: HTMLElement,
  { timesMs, bands, fromMs, toMs, timezone }: StackInput,
  onPointed: (place: number | null) => void,
): uPlot {
  const { ink, line, fontFamily } = chartColors(box);
  const { min, max } = spanOf(bands);
  const room = (max - min) * HEADROOM;
  const axis = { stroke: ink, font: `12px ${fontFamily}`, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  // Each area reaches down to zero and is opaque: the outer ones come first, the inner ones cover them.
  const drawn = [...bands].reverse();
  return new uPlot(
    {
      ...sizeOf(box),
      tzDate: (timeS) => uPlot.tzDate(new Date(timeS * 1_000), timezone),
      padding: [8, CHART_PADDING_RIGHT_PX, 0, 0],
      legend: { show: false },
      cursor: { points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { range: [fromMs / 1_000, toMs / 1_000] },
        y: { range: [min < 0 ? min - room : 0, max + room] },
      },
      axes: [
        {
          ...axis,
          size: X_AXIS_HEIGHT_PX,
          space: 56,
          values: (_plot, timesS) => timesS.map((timeS) => localTime(timeS * 1_000, timezone)),
        },
        { ...axis, size: Y_AXIS_WIDTH_PX, values: (_plot, values) => values.map(markOf) },
      ],
      series: [
        {},
        ...drawn.map(({ group }): uPlot.Series => {
          const { color, fill } = groupColors(box, group);
          return { stroke: color, width: 1, fill, fillTo: 0, spanGaps: false, points: { show: false } };
        }),
      ],
      hooks: { setCursor: [({ cursor }) => onPointed(cursor.idx ?? null)] },
    },
    [timesMs.map((timeMs) => timeMs / 1_000), ...drawn.map(({ outer }) => [...outer])],
    box,
  );
}

/** A kind's colours as they are now: a canvas knows no custom properties. */
function groupColors(box: HTMLElement, group: Band["group"]): { color: string; fill: string } {
  const probe = document.createElement("span");
  probe.className = `group-${group}`;
  box.append(probe);
  const resolve = (name: string): string => {
    probe.style.setProperty("color", `var(${name})`);
    return getComputedStyle(probe).color;
  };
  const colors = { color: resolve("--group-color"), fill: resolve("--group-fill") };
  probe.remove();
  return colors;
}

/** Axis marks are round numbers: without the zeros that a measured value carries. */
function markOf(powerW: number): string {
  const { digits, unit } = powerQuantity(powerW);
  return digits.includes(".") ? `${digits.replace(/\.?0+$/, "")}\u00a0${unit}` : formatPower(powerW);
}

function sizeOf(box: HTMLElement): { width: number; height: number } {
  return { width: Math.max(box.clientWidth, WIDTH_MIN_PX), height: HEIGHT_PX };
}
