import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type ChartColors, chartColors, followBox, SERIES_COLORS } from "./canvas.ts";
import { isolatedPlaces, type Point } from "./gaps.ts";
import type { TimeRange } from "./range.ts";
import { timeTicks } from "./time-ticks.ts";
import { markTexts, scaleSpan, valueMarks } from "./values.ts";

/** One line of a chart. */
export interface ChartLine {
  /** Epoch ms, ascending; an empty point wherever the line breaks. Points outside the range let it go on to the edge. */
  readonly points: readonly Point[];
  /** UCUM code; lines of one unit share an axis, and a chart has two at most. */
  readonly unit: string;
  /** Its place among the colours of series. */
  readonly color: number;
  readonly isDashed: boolean;
  /** Of a state, which holds until it changes. */
  readonly isStepped: boolean;
}

/** What people do with a chart. */
export interface ChartEvents {
  /** A stretch was marked. */
  onSelect(range: TimeRange): void;
  onDoubleClick(): void;
  /** The instant under the pointer, epoch ms; null when it has left. */
  onCursor(timeMs: number | null): void;
  onDrawn(): void;
}

export interface ChartOptions {
  readonly lines: readonly ChartLine[];
  readonly range: TimeRange;
  readonly timezone: string;
  /** Charts of one key share the cursor. */
  readonly syncKey: string;
  readonly heightPx: number;
}

/** Of a digit, and of what stands beside a mark. */
const Y_AXIS_PX = { character: 7.5, beside: 16, min: 44 } as const;
const X_AXIS_HEIGHT_PX = 28;
/** Room that a mark takes: those within a minute say the second, or less. */
const TICK_SPACE_PX = { x: 72, xWithinMinute: 104, y: 44 } as const;
const MINUTE_MS = 60_000;
const WIDTH_PX_MIN = 160;
const LINE_WIDTH_PX = 1.5;
const DASH_PX = [5, 4];
/** A shorter drag is a click. */
const DRAG_PX_MIN = 4;
/** How near a value's point must be to the cursor to be marked. */
const HOVER_PX = 24;

/** Lines over time on one or two axes, until it is closed. The same lines with other points are shown without drawing anew from nothing. */
export class LineChart {
  #lines: readonly ChartLine[];
  #range: TimeRange;
  readonly #timezone: string;
  readonly #options: ChartOptions;
  readonly #box: HTMLElement;
  readonly #events: ChartEvents;
  readonly #followed: ReturnType<typeof followBox<uPlot>>;

  constructor(box: HTMLElement, options: ChartOptions, events: ChartEvents) {
    this.#box = box;
    this.#options = options;
    this.#lines = options.lines;
    this.#range = options.range;
    this.#timezone = options.timezone;
    this.#events = events;
    const sizeOf = (): { width: number; height: number } => ({
      width: Math.max(box.clientWidth, WIDTH_PX_MIN),
      height: options.heightPx,
    });
    this.#followed = followBox(box, sizeOf, () => this.#create(sizeOf()));
  }

  get canvas(): HTMLCanvasElement {
    return this.#followed.drawn.ctx.canvas;
  }

  /** Whether a stretch is being marked at the moment. */
  get isMarking(): boolean {
    return this.#followed.drawn.select.width > 0;
  }

  /** Stretches what is drawn to another range. */
  stretch(range: TimeRange): void {
    this.#range = range;
    this.#followed.drawn.setScale("x", { min: range.fromMs, max: range.toMs });
  }

  /** @param lines as many as before, of the same units */
  show(lines: readonly ChartLine[], range: TimeRange): void {
    this.#lines = lines;
    this.#range = range;
    const plot = this.#followed.drawn;
    plot.batch(() => {
      plot.setData(columnsOf(lines), false);
      plot.setScale("x", { min: range.fromMs, max: range.toMs });
    });
  }

  close(): void {
    this.#followed.destroy();
  }

  #create(size: { width: number; height: number }): uPlot {
    const colors = chartColors(this.#box);
    const units = [...new Set(this.#lines.map(({ unit }) => unit))];
    const plot = new uPlot(
      {
        ...size,
        ms: 1,
        legend: { show: false },
        // Half of a label: the last one may stand at the very end.
        padding: [10, units.length > 1 ? 0 : 28, 0, 0],
        cursor: {
          points: { size: 7 },
          hover: { prox: HOVER_PX },
          drag: { x: true, y: false, setScale: false, dist: DRAG_PX_MIN },
          // Only where the pointer is is shared: each chart would otherwise report every marked stretch again.
          sync: { key: this.#options.syncKey, filters: { pub: isAboutPointer, sub: () => true } },
          bind: {
            dblclick: () => () => {
              this.#events.onDoubleClick();
              return null;
            },
          },
        },
        scales: {
          x: { range: () => [this.#range.fromMs, this.#range.toMs] },
          ...Object.fromEntries(units.map((unit) => [unit, { range: rangeOfValues }])),
        },
        axes: [this.#timeAxis(colors), ...units.map((unit, place) => valueAxis(unit, place, colors))],
        series: [{}, ...this.#lines.map((line) => drawnLine(line, colors))],
        hooks: {
          setSelect: [(drawn) => this.#selected(drawn)],
          setCursor: [(drawn) => this.#pointed(drawn)],
          draw: [() => this.#events.onDrawn()],
        },
      },
      columnsOf(this.#lines),
      this.#box,
    );
    return plot;
  }

  #timeAxis({ ink, line, fontFamily }: ChartColors): uPlot.Axis {
    let labels = new Map<number, string>();
    return {
      ...axisLook({ ink, line, fontFamily }),
      size: X_AXIS_HEIGHT_PX,
      splits: (plot) => {
        const isShort = this.#range.toMs - this.#range.fromMs <= MINUTE_MS;
        const spacePx = isShort ? TICK_SPACE_PX.xWithinMinute : TICK_SPACE_PX.x;
        const room = Math.max(1, Math.floor(plot.bbox.width / devicePixelRatio / spacePx));
        const ticks = timeTicks(this.#range, this.#timezone, room);
        labels = new Map(ticks.map(({ timeMs, label }) => [timeMs, label]));
        return ticks.map(({ timeMs }) => timeMs);
      },
      values: (_plot, timesMs) => timesMs.map((timeMs) => labels.get(timeMs) ?? ""),
    };
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width <= 0) return;
    const range = { fromMs: plot.posToVal(left, "x"), toMs: plot.posToVal(left + width, "x") };
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#events.onSelect(range);
  }

  #pointed(plot: uPlot): void {
    const { left } = plot.cursor;
    this.#events.onCursor(left === undefined || left < 0 ? null : plot.posToVal(left, "x"));
  }
}

function isAboutPointer(type: string): boolean {
  return type === "mousemove" || type === "mouseleave" || type === "mouseenter";
}

function rangeOfValues(_plot: uPlot, least: number | null, most: number | null): uPlot.Range.MinMax {
  const isNone = least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most);
  const { min, max } = isNone ? scaleSpan(null, null) : scaleSpan(least, most);
  return [min, max];
}

function axisLook({ ink, line, fontFamily }: Pick<ChartColors, "ink" | "line" | "fontFamily">): uPlot.Axis {
  return { stroke: ink, font: `12px ${fontFamily}`, grid: { stroke: line, width: 1 }, ticks: { show: false } };
}

function valueAxis(unit: string, place: number, colors: ChartColors): uPlot.Axis {
  const look = axisLook(colors);
  return {
    ...look,
    scale: unit,
    side: place === 0 ? 3 : 1,
    size: (_plot, texts) => {
      const longest = (texts ?? []).reduce((most, text) => Math.max(most, text.length), 0);
      return Math.max(Y_AXIS_PX.min, longest * Y_AXIS_PX.character + Y_AXIS_PX.beside);
    },
    // Two grids would cross each other.
    ...(place > 0 && { grid: { show: false } }),
    splits: (plot, _axis, min, max) => {
      const room = Math.max(1, Math.floor(plot.bbox.height / devicePixelRatio / TICK_SPACE_PX.y));
      return valueMarks({ min, max }, room);
    },
    values: (_plot, values) => markTexts(values, unit),
  };
}

function drawnLine({ unit, color, isDashed, isStepped }: ChartLine, { series }: ChartColors): uPlot.Series {
  const stroke = series[color % SERIES_COLORS] ?? "";
  return {
    scale: unit,
    stroke,
    width: LINE_WIDTH_PX,
    alpha: isDashed ? 0.75 : 1,
    spanGaps: false,
    points: { show: true, size: 4, fill: stroke, filter: (plot, place) => isolatedPlaces(plot.data[place] ?? []) },
    ...(isDashed && { dash: DASH_PX }),
    ...(isStepped && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
  };
}

/** The lines on one axis of time. Where a line has no point and another has, it is undefined, which breaks nothing. */
function columnsOf(lines: readonly ChartLine[]): uPlot.AlignedData {
  if (lines.length === 0) return [[]];
  return uPlot.join(
    lines.map(
      ({ points }) => [points.map(([timeMs]) => timeMs), points.map(([, value]) => value)] as uPlot.AlignedData,
    ),
  );
}
