import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

export interface Options {
  readonly parts: readonly string[];
  readonly peers: readonly string[];
  readonly runs: number;
  readonly scale: number;
  readonly workFolder: string;
  /** Whether everything works, and no more. */
  readonly isLook: boolean;
  /** Only writes the report from the figures there are. */
  readonly reportOnly: boolean;
}

const RUNS_DEFAULT = 5;
const QUICK = { runs: 1, scale: 0.01 } as const;

/** @throws RangeError that says what is wrong */
export function readOptions(args: readonly string[], parts: readonly string[], peers: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      peers: { type: "string" },
      runs: { type: "string" },
      scale: { type: "string" },
      work: { type: "string" },
      quick: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
    },
  });
  const scale = positive("--scale", values.scale ?? (values.quick ? QUICK.scale : 1));
  return {
    parts: chosen("--only", values.only, parts),
    peers: chosen("--peers", values.peers, peers),
    runs: Math.ceil(positive("--runs", values.runs ?? (values.quick ? QUICK.runs : RUNS_DEFAULT))),
    scale,
    isLook: values.quick,
    workFolder: resolve(values.work ?? join(tmpdir(), "kilowatch-bench-peers")),
    reportOnly: values.report,
  };
}

function chosen(flag: string, text: string | undefined, known: readonly string[]): readonly string[] {
  if (text === undefined) return known;
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`${flag} ${unknown}: choose of ${known.join(", ")}`);
  return known.filter((name) => names.includes(name));
}

function positive(flag: string, given: string | number): number {
  const value = Number(given);
  if (!(value > 0) || !Number.isFinite(value)) throw new RangeError(`${flag} must be a number above 0`);
  return value;
}
