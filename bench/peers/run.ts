/**
 * Measures Kilowatch beside VictoriaMetrics and InfluxDB, and writes docs/benchmarks.md:
 *
 *     npm run bench -- [--only sender,ingest,…] [--peers kilowatch,…] [--runs 5] [--scale 1] [--quick] [--work folder] [--report]
 *
 * Figures are kept part by part in bench/peers/results.json: `--only` measures some anew and leaves the others. `--quick` is a look that
 * takes two minutes and says whether everything works; its figures mean nothing, and go elsewhere. Data sets that were loaded into the others
 * stay in the work folder, which must lie on the disk that is to be measured.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Sample } from "./figures.ts";
import { influxDb } from "./influxdb.ts";
import { kilowatch } from "./kilowatch.ts";
import { commitText, describeMachine } from "./machine.ts";
import { readOptions } from "./options.ts";
import { ack } from "./parts/ack.ts";
import { disk } from "./parts/disk.ts";
import { forms } from "./parts/forms.ts";
import { ingest } from "./parts/ingest.ts";
import { forgetLoaded } from "./parts/loaded.ts";
import { memory } from "./parts/memory.ts";
import { mixed } from "./parts/mixed.ts";
import { queries } from "./parts/queries.ts";
import { sender } from "./parts/sender.ts";
import type { Peer } from "./peer.ts";
import { reportText } from "./report/report.ts";
import { Results } from "./results.ts";
import { attempt, type Part } from "./stage.ts";
import { victoriaMetrics } from "./victoria-metrics.ts";

const PEERS: readonly Peer[] = [influxDb, victoriaMetrics, kilowatch];
const PARTS: Readonly<Record<string, Part>> = { sender, ingest, forms, ack, disk, queries, mixed, memory };
const REPORT = resolve(import.meta.dirname, "../../docs/benchmarks.md");
const RESULTS = join(import.meta.dirname, "results.json");

const options = readOptions(
  process.argv.slice(2),
  Object.keys(PARTS),
  PEERS.map(({ id }) => id),
);
mkdirSync(options.workFolder, { recursive: true });
// Figures of another scale are of another thing, and are not mixed with these.
const results = new Results(options.scale === 1 ? RESULTS : join(options.workFolder, `results-${options.scale}.json`));
const peers = PEERS.filter(({ id, missing, name }) => {
  if (missing !== null) console.log(`without ${name}: ${missing}`);
  return missing === null && options.peers.includes(id);
});

if (!options.reportOnly) forgetLoaded(options, kilowatch);

// Peers end with this process, whatever ends it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

for (const name of options.reportOnly ? [] : options.parts) {
  console.log(`${name}:`);
  results.begin(name, {
    takenAt: new Date().toISOString(),
    command: `npm run bench -- --only ${name} --runs ${options.runs}`,
    commit: commitText(),
    scale: options.scale,
    machine: describeMachine(options.workFolder),
    versions: Object.fromEntries(peers.map((peer) => [peer.id, peer.version()])),
  });
  const say = (line: string): void => console.log(`  ${line}`);
  const note = (line: string): void => {
    say(line);
    results.note(name, line);
    process.exitCode = 1;
  };
  const beganMs = performance.now();
  const stage = { ...options, peers, say, note, record: (sample: Sample) => results.record(name, sample) };
  await attempt(stage, name, async () => PARTS[name]?.(stage));
  say(`took ${((performance.now() - beganMs) / 1_000).toFixed(0)} s`);
}

const text = reportText(results, PEERS);
if (results.samples.length === 0) console.log("nothing was measured");
else if (options.scale === 1) writeFileSync(REPORT, text);
else console.log(`\n${text}`);
