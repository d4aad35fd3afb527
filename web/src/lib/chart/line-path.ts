import type { Point } from "./gaps.ts";
import type { TimeRange } from "./range.ts";
import type { Span } from "./values.ts";

/** A box that a line is drawn into; its own units. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
}

/** A line as SVG path data; it breaks at empty points, and what no line reaches is a dot (a stroke of no length). */
export function linePath(points: readonly Point[], range: TimeRange, span: Span, { width, height }: Drawing): string {
  const parts: string[] = [];
  let runLength = 0;
  const end = (): void => {
    if (runLength === 1) parts.push("h0");
    runLength = 0;
  };
  for (const [timeMs, value] of points) {
    if (value === null) {
      end();
      continue;
    }
    const x = ((timeMs - range.fromMs) / (range.toMs - range.fromMs)) * width;
    const y = height - ((value - span.min) / (span.max - span.min)) * height;
    parts.push(`${runLength === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`);
    runLength++;
  }
  end();
  return parts.join("");
}
