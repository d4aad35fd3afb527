/*
 * Measures the decoders alone: `node bench/codecs.ts [format …]`. Prints million readings and megabytes a second of processor time, the
 * median of several rounds and the best of them over bodies of 10,000 readings in chunks of 64 KiB, with keys that are known after the first round.
 */
import { KeyTable } from "../src/domain/key-table.ts";
import {
  createInfluxLineDecoder,
  createJsonDecoder,
  createNdjsonDecoder,
  createPlaintextDecoder,
  type Decoder,
} from "../src/ingest/codecs/decoder.ts";

const SERIES = 2_000;
const READINGS_PER_BODY = 10_000;
const BODIES = 20;
const ROUNDS = 15;
const CHUNK_BYTES = 65_536;
const START_MS = 1_780_000_000_000;
const NOW = { nowMs: START_MS + 86_400_000 };

interface Reading {
  readonly series: number;
  readonly timeMs: number;
  readonly value: string;
}

interface Workload {
  readonly line: (reading: Reading) => string;
  readonly join?: (elements: readonly string[]) => string;
  readonly decoder: (table: KeyTable, bytesExpected: number) => Decoder;
  /** Readings in another order each time: nothing can be guessed. */
  readonly isShuffled?: boolean;
  readonly jitterMs?: number;
  readonly value?: (index: number) => string;
}

const pad = (series: number) => `${series}`.padStart(4, "0");
const influxKey = (series: number) => `active_power,site=s${pad(series % 20).slice(2)},device=d${pad(series)}`;
const id = (series: number) => `0192f3a4-7b1c-7d2e-8f3a-${`${series}`.padStart(12, "0")}`;
const influxMs = (table: KeyTable, bytesExpected: number) =>
  createInfluxLineDecoder(table, { ...NOW, bytesExpected, precision: "ms" });
const plaintext = (table: KeyTable, bytesExpected: number) => createPlaintextDecoder(table, { bytesExpected });
const jsonBody = (table: KeyTable, bytesExpected: number) => createJsonDecoder(table, { ...NOW, bytesExpected });
const jsonLines = (table: KeyTable, bytesExpected: number) => createNdjsonDecoder(table, { ...NOW, bytesExpected });
const influxLine = ({ series, timeMs, value }: Reading) => `${influxKey(series)} value=${value} ${timeMs}`;
const lines = (elements: readonly string[]) => `${elements.join("\n")}\n`;
const json = (elements: readonly string[]) => `{"readings":[${elements.join(",")}]}`;
const metricJson = ({ series, timeMs, value }: Reading) =>
  `{"metricId":"${id(series)}","time":${timeMs},"value":${value}}`;
const deviceJson = ({ series, timeMs, value }: Reading) =>
  `{"deviceId":"${id(series)}","name":"active_power","time":"${new Date(timeMs).toISOString()}","value":${value}}`;

const WORKLOADS: Readonly<Record<string, Workload>> = {
  influx: { line: influxLine, decoder: influxMs },
  "influx-jitter": { line: influxLine, decoder: influxMs, jitterMs: 200 },
  "influx-ns": {
    line: ({ series, timeMs, value }) => `${influxKey(series)} value=${value} ${timeMs}000000`,
    decoder: (table, bytesExpected) => createInfluxLineDecoder(table, { ...NOW, bytesExpected }),
    jitterMs: 200,
  },
  "influx-shuffled": { line: influxLine, decoder: influxMs, isShuffled: true },
  "influx-17-digits": { line: influxLine, decoder: influxMs, value: (index) => `${100 + Math.sin(index)}` },
  "influx-4-fields": {
    line: ({ series, timeMs, value }) => `${influxKey(series)} u=${value},i=12i,p=-7,q=${value} ${timeMs}`,
    decoder: influxMs,
  },
  plaintext: {
    line: ({ series, timeMs, value }) =>
      `${Math.floor(timeMs / 1_000)} site01_device${pad(series)}_active_power ${value}`,
    decoder: plaintext,
  },
  "plaintext-shuffled": {
    line: ({ series, timeMs, value }) =>
      `${Math.floor(timeMs / 1_000)} site01_device${pad(series)}_active_power ${value}`,
    decoder: plaintext,
    isShuffled: true,
  },
  json: { line: metricJson, join: json, decoder: jsonBody },
  "json-device-iso": { line: deviceJson, join: json, decoder: jsonBody, jitterMs: 200 },
  "json-shuffled": { line: metricJson, join: json, decoder: jsonBody, isShuffled: true },
  ndjson: { line: metricJson, decoder: jsonLines },
  "ndjson-device-iso": { line: deviceJson, decoder: jsonLines, jitterMs: 200 },
};

const wanted = process.argv.slice(2);
for (const [name, workload] of Object.entries(WORKLOADS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(measure(name, workload));
}

function measure(name: string, workload: Workload): string {
  const bodies = Array.from({ length: BODIES }, (_, body) => Buffer.from(bodyOf(workload, body)));
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const table = new KeyTable();
  const secondsOfRounds: number[] = [];
  let readings = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    readings = bodies.reduce((sum, body) => sum + decode(workload.decoder(table, body.length), body), 0);
    const { user, system } = process.cpuUsage(before);
    secondsOfRounds.push((user + system) / 1e6);
  }
  const sorted = secondsOfRounds.toSorted((a, b) => a - b);
  const [best = Number.NaN, median = Number.NaN] = [sorted[0], sorted[ROUNDS >> 1]];
  const millions = (readings / median / 1e6).toFixed(1).padStart(6);
  const megabytes = (bytes / median / 1e6).toFixed(0).padStart(6);
  return `${name.padEnd(20)} ${millions} M readings/s ${megabytes} MB/s (best round ${(readings / best / 1e6).toFixed(1)} M)`;
}

function decode(decoder: Decoder, body: Buffer): number {
  for (let from = 0; from < body.length; from += CHUNK_BYTES) decoder.write(body.subarray(from, from + CHUNK_BYTES));
  return decoder.end().length;
}

function bodyOf(workload: Workload, body: number): string {
  const random = randomNumbers(body + 1);
  const elements = Array.from({ length: READINGS_PER_BODY }, (_, index) => {
    const reading = body * READINGS_PER_BODY + index;
    const timeMs = START_MS + Math.floor(reading / SERIES) * 10_000;
    return workload.line({
      series: workload.isShuffled ? Math.floor(random() * SERIES) : reading % SERIES,
      timeMs: timeMs + Math.floor(random() * (workload.jitterMs ?? 0)),
      value: workload.value?.(reading) ?? (100 + 50 * Math.sin(reading / 700) + random()).toFixed(2),
    });
  });
  return (workload.join ?? lines)(elements);
}

/** Numbers within [0, 1), the same for the same seed (Lehmer's generator, Park and Miller's constants). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}
