import { InvalidInput } from "../../domain/errors.ts";
import type { Interval } from "../../domain/intervals.ts";

/** What tells a gap from any other of a list, and where it stands in it. */
export interface GapPlace extends Interval {
  /** The first of the device's series that have it. */
  readonly series: number;
}

const TEXT = /^(\d{1,15}) (\d{1,15}) (\d{1,15}) (\d{1,10})$/;

/** Whether a gap comes first in a list: the one that ends later, or else begins later. */
export function isBefore(a: GapPlace, b: GapPlace): boolean {
  if (a.toMs !== b.toMs) return a.toMs > b.toMs;
  return a.fromMs === b.fromMs ? a.series < b.series : a.fromMs > b.fromMs;
}

/** Where a page of gaps ended. */
export class GapCursor {
  /** The end of the span that was asked for, epoch ms. */
  readonly untilMs: number;
  readonly place: GapPlace;

  constructor(untilMs: number, { fromMs, toMs, series }: GapPlace) {
    this.untilMs = untilMs;
    this.place = { fromMs, toMs, series };
  }

  /** @throws InvalidInput when it is none of ours */
  static read(text: string): GapCursor {
    const [, ...numbers] = TEXT.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
    const [untilMs, toMs, fromMs, series] = numbers.map(Number);
    if (untilMs === undefined || toMs === undefined || fromMs === undefined || series === undefined) {
      throw new InvalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
    }
    return new GapCursor(untilMs, { fromMs, toMs, series });
  }

  text(): string {
    const { fromMs, toMs, series } = this.place;
    return Buffer.from(`${this.untilMs} ${toMs} ${fromMs} ${series}`, "latin1").toString("base64url");
  }
}
