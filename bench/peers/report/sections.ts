/** What is shown of a part's figures. */
export interface Section {
  readonly part: string;
  readonly title: string;
  readonly about: string;
  readonly rows: readonly { readonly measure: string; readonly name: string }[];
}

const perConnections = (connections: number): Section["rows"] => [
  { measure: `ingest.line.${connections}`, name: `acked, ${connections} connections` },
  { measure: `ingest.line-settled.${connections}`, name: "until all of it is in the files that are queried" },
  { measure: `ingest.ack-p50.${connections}`, name: "ack p50 at full load" },
  { measure: `ingest.ack-p99.${connections}`, name: "ack p99 at full load" },
  { measure: `ingest.cpu.${connections}`, name: "its CPU time until then" },
  { measure: `ingest.put-off.${connections}`, name: "bodies put off (503), and sent again" },
];

const perSet = (name: "A" | "B"): Section["rows"] => [
  { measure: `disk.${name}.merged`, name: `set ${name}: readings, merged` },
  { measure: `disk.${name}.unmerged`, name: `set ${name}: readings, as they lie when the server stops` },
  { measure: `disk.${name}.beside`, name: `set ${name}: rollups, indexes, names` },
  { measure: `disk.${name}.log`, name: `set ${name}: journal or WAL` },
];

const perQuestion = (kind: string, name: string): Section["rows"] => [
  { measure: `query.${kind}.p50`, name: `${name}, p50` },
  { measure: `query.${kind}.p99`, name: `${name}, p99` },
];

export const SECTIONS: readonly Section[] = [
  {
    part: "ingest",
    title: "Ingest",
    about:
      "Set A in line protocol, closed loop: 1,000,000 lines first, which are not counted, then 16,000,000 from the first byte to the last ack. " +
      "VictoriaMetrics acks what is in memory, InfluxDB and Kilowatch what is on disk. Settled: for Kilowatch, the journal is empty; for VictoriaMetrics, " +
      "after `/internal/force_flush`; InfluxDB queries its cache, so it is settled at the ack.",
    rows: [...perConnections(8), ...perConnections(2)],
  },
  {
    part: "forms",
    title: "Kilowatch's three forms",
    about: "3,000,000 readings of set A, 8 connections, 10,000 readings a body, closed loop.",
    rows: [{ measure: "forms", name: "acked" }],
  },
  {
    part: "ack",
    title: "Acks at half of full load",
    about:
      "Full load is measured just before, in the same process. Open loop, 8 connections, 15 s: an ack's time counts from the moment at which its body was due, " +
      "so a stall counts for every body that it holds up.",
    rows: [
      { measure: "ack.load", name: "half of full load" },
      { measure: "ack.p50", name: "p50" },
      { measure: "ack.p99", name: "p99" },
      { measure: "ack.max", name: "longest" },
      { measure: "ack.put-off", name: "bodies put off (503), and sent again" },
    ],
  },
  {
    part: "disk",
    title: "Disk",
    about:
      "All of a set, bytes of live files over samples. Merged: VictoriaMetrics after `/internal/force_merge`, Kilowatch after its engine merged each partition to one part.",
    rows: [...perSet("A"), ...perSet("B")],
  },
  {
    part: "queries",
    title: "Queries",
    about:
      "Set A, merged, over HTTP, one question at a time, each about another series or site than the last; every kind's answers are compared with what went in (1e-9). " +
      "VictoriaMetrics' last values are an instant query that looks back five minutes.",
    rows: [
      ...perQuestion("day-by-minute", "one series, one day, 1-min mean"),
      ...perQuestion("range-in-500", "one series, whole range, 500 means"),
      ...perQuestion("site-by-hour", "sum over 500 series by hour, whole range"),
      ...perQuestion("latest", "latest of all 2,000 series"),
    ],
  },
  {
    part: "mixed",
    title: "Readings in while readers ask",
    about:
      "On top of set A: 200,000 lines/s over 8 connections (open loop) for 30 s, while 8 readers ask for a day by minute or the range in 500, each as soon as it has its answer.",
    rows: [
      { measure: "mixed.query-p50", name: "query p50" },
      { measure: "mixed.query-p99", name: "query p99" },
      { measure: "mixed.queries", name: "queries answered" },
      { measure: "mixed.insert-p50", name: "insert p50" },
      { measure: "mixed.insert-p99", name: "insert p99" },
      { measure: "mixed.inserted", name: "inserted" },
    ],
  },
  {
    part: "memory",
    title: "Memory",
    about:
      "100,000,000 readings of 2,000 series (as set A, longer) and of 50,000 (set C) go in over 4 connections until the journal is empty, then every site is exported as CSV. RSS counts in each process what processes share, PSS once.",
    rows: [...memoryRows("A"), ...memoryRows("C")],
  },
  {
    part: "sender",
    title: "The sender alone",
    about:
      "Against a server that takes any body and does nothing with it: what the sender could do must be far from what limits a peer.",
    rows: [
      { measure: "sender.line.8", name: "8 connections" },
      { measure: "sender.line.2", name: "2 connections" },
      { measure: "sender.making", name: "making bodies, where that is done while sending (disk, memory)" },
    ],
  },
];

function memoryRows(set: "A" | "C"): Section["rows"] {
  const row = (measure: string, name: string): Section["rows"][number] => ({
    measure: `memory.${set}.${measure}`,
    name: `${set}, ${name}`,
  });
  return [
    row("in.rss-most", "in: most RSS"),
    row("in.rss-p50", "in: median RSS"),
    row("in.pss-most", "in: most PSS"),
    row("in.anonymous-most", "in: most anonymous memory, which is neither program text nor files"),
    row("in.rate", "in: rate, until the journal is empty"),
    row("export.rss-most", "export: most RSS"),
    row("export.rss-p50", "export: median RSS"),
    row("export.pss-most", "export: most PSS"),
    row("export.anonymous-most", "export: most anonymous memory"),
    row("export.rate", "export: rate"),
  ];
}
