import { ratios, type Sample } from "../figures.ts";

/** What a figure is held to. */
export interface Bound {
  readonly side: "at least" | "at most";
  readonly value: number;
}

export interface Requirement {
  readonly what: string;
  readonly unit: "×" | "ms" | "MiB" | "share";
  readonly must: Bound;
  readonly aim: Bound | null;
  /** One figure a run. */
  readonly figures: (samples: readonly Sample[]) => number[];
}

const SUBJECT = "kilowatch";
const VICTORIA = "victoria-metrics";
const INFLUX = "influxdb";

const atLeast = (value: number): Bound => ({ side: "at least", value });
const atMost = (value: number): Bound => ({ side: "at most", value });
const over = (measure: string, to: string) => (samples: readonly Sample[]) => ratios(samples, measure, SUBJECT, to);
const own = (measure: string) => (samples: readonly Sample[]) =>
  samples.filter((sample) => sample.measure === measure && sample.subject === SUBJECT).map(({ value }) => value);
const form = (name: string) => (samples: readonly Sample[]) =>
  ratios(samples, "forms", `kilowatch.${name}`, "kilowatch.line");

/** What must hold, and what is aimed at. Ratios are Kilowatch's figure over the peer's, made within a run. */
export const REQUIREMENTS: readonly Requirement[] = [
  {
    what: "line protocol, 8 connections, over InfluxDB",
    unit: "×",
    must: atLeast(3),
    aim: atLeast(5),
    figures: over("ingest.line.8", INFLUX),
  },
  {
    what: "line protocol, 2 connections, over InfluxDB",
    unit: "×",
    must: atLeast(3),
    aim: atLeast(5),
    figures: over("ingest.line.2", INFLUX),
  },
  {
    what: "line protocol, 8 connections, over VictoriaMetrics",
    unit: "×",
    must: atLeast(1),
    aim: atLeast(1.5),
    figures: over("ingest.line.8", VICTORIA),
  },
  {
    what: "line protocol, 2 connections, over VictoriaMetrics",
    unit: "×",
    must: atLeast(0.7),
    aim: atLeast(1),
    figures: over("ingest.line.2", VICTORIA),
  },
  { what: "`/data` over line protocol", unit: "×", must: atLeast(0.5), aim: atLeast(0.8), figures: form("plaintext") },
  { what: "JSON over line protocol", unit: "×", must: atLeast(0.5), aim: atLeast(0.8), figures: form("json") },
  { what: "ack p99 at half of full load", unit: "ms", must: atMost(50), aim: atMost(25), figures: own("ack.p99") },
  {
    what: "disk bytes a sample, merged, set A, over VictoriaMetrics",
    unit: "×",
    must: atMost(1.4),
    aim: atMost(1),
    figures: over("disk.A.merged", VICTORIA),
  },
  {
    what: "one series, one day, 1-min mean, p50, over VictoriaMetrics",
    unit: "×",
    must: atMost(1.5),
    aim: atMost(1),
    figures: over("query.day-by-minute.p50", VICTORIA),
  },
  {
    what: "one series, whole range, 500 points, p50, over VictoriaMetrics",
    unit: "×",
    must: atMost(1.5),
    aim: atMost(1),
    figures: over("query.range-in-500.p50", VICTORIA),
  },
  {
    what: "sum over 500 series by hour, whole range, p50, over VictoriaMetrics",
    unit: "×",
    must: atMost(0.5),
    aim: atMost(0.2),
    figures: over("query.site-by-hour.p50", VICTORIA),
  },
  {
    what: "latest of all 2,000 series, p50, over VictoriaMetrics",
    unit: "×",
    must: atMost(0.1),
    aim: null,
    figures: over("query.latest.p50", VICTORIA),
  },
  {
    what: "200 k lines/s in while 8 readers ask: query p99",
    unit: "ms",
    must: atMost(100),
    aim: null,
    figures: own("mixed.query-p99"),
  },
  {
    what: "200 k lines/s in while 8 readers ask: insert p99",
    unit: "ms",
    must: atMost(50),
    aim: null,
    figures: own("mixed.insert-p99"),
  },
  ...memoryOf("A", "2,000 series"),
  ...memoryOf("C", "50,000 series"),
  {
    what: "the sender alone, 8 connections, over the fastest peer (so that it limits none)",
    unit: "×",
    must: atLeast(3),
    aim: null,
    figures: senderOverFastest,
  },
];

/** Of all processes, while readings of a data set go in and out. */
function memoryOf(set: "A" | "C", series: string): readonly Requirement[] {
  const most = (measure: string, what: string): Requirement => ({
    what: `memory while ${what} (most RSS of all processes)`,
    unit: "MiB",
    must: atMost(700),
    aim: null,
    figures: own(`memory.${set}.${measure}.rss-most`),
  });
  const growth = (measure: string): Requirement => ({
    what: "its growth, last third of the time over the second",
    unit: "share",
    must: atMost(0.1),
    aim: null,
    figures: own(`memory.${set}.${measure}.growth`),
  });
  return [
    most("in", `100 M readings of ${series} go in`),
    growth("in"),
    most("export", "they are exported"),
    growth("export"),
  ];
}

/** The sender alone over the fastest peer of the round. */
function senderOverFastest(samples: readonly Sample[]): number[] {
  return samples
    .filter(({ measure }) => measure === "sender.line.8")
    .flatMap(({ run, value }) => {
      const peers = samples.filter((sample) => sample.measure === "ingest.line.8" && sample.run === run);
      return peers.length === 0 ? [] : [value / Math.max(...peers.map((peer) => peer.value))];
    });
}

export function holds(bound: Bound, value: number): boolean {
  return bound.side === "at least" ? value >= bound.value : value <= bound.value;
}
