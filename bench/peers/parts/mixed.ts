import { rmSync } from "node:fs";
import { BodyMaker } from "../bodies.ts";
import { Connection } from "../connection.ts";
import { DAY_MS, DataSet } from "../data-set.ts";
import { percentile } from "../figures.ts";
import { type LoadFigures, sendPaced } from "../load.ts";
import type { PeerId, RunningPeer } from "../peer.ts";
import { question } from "../questions.ts";
import { bodiesOf, inRounds, LINES_PER_BODY, onPeer, type Stage } from "../stage.ts";
import { ask, copyOfLoaded } from "./loaded.ts";
import { untilQuiet } from "./quiet.ts";

const ALL: readonly PeerId[] = ["victoria-metrics", "kilowatch"];
const READERS = 8;
const WRITERS = 8;
const LINES_PER_S = 200_000;
const MEASURED_S = 30;
/** What a reader asks, in turn. */
const KINDS = ["day-by-minute", "range-in-500"] as const;

/** Readings come in at a steady rate while readers ask one question after the other, each as soon as it has its answer. */
export async function mixed(stage: Stage): Promise<void> {
  const { set } = bodiesOf("A", stage.scale);
  // The days after what is stored: a reader's ranges stay as they are.
  const days = Math.max(1, Math.round((set.plan.ticks * set.plan.intervalMs) / DAY_MS));
  const later = new DataSet({ ...set.plan, startMs: set.plan.startMs + days * DAY_MS, ticks: 1_000_000 });
  const seconds = Math.max(1, MEASURED_S * Math.min(1, stage.scale * 10));
  const bodies = new BodyMaker(later, "line", LINES_PER_BODY).bodies(0, LINES_PER_S * seconds);
  await inRounds(stage, ALL, async (peer, run) => {
    const folder = await copyOfLoaded(stage, peer, "A");
    await onPeer(peer, folder, async (running) => {
      await running.prepareQuestions(set);
      await untilQuiet(stage, running);
      const readers = new Readers(running, set, run);
      const writing: Promise<LoadFigures> = sendPaced(running, "line", bodies, {
        connections: WRITERS,
        linesPerS: LINES_PER_S,
      });
      const [load, tookMs] = await Promise.all([writing.finally(() => readers.stop()), readers.run()]);
      const record = (name: string, value: number, unit: string): void =>
        stage.record({ measure: `mixed.${name}`, subject: peer.id, run, value, unit });
      record("query-p50", percentile(tookMs, 0.5), "ms");
      record("query-p99", percentile(tookMs, 0.99), "ms");
      record("queries", tookMs.length / (load.tookMs / 1_000), "queries/s");
      record("insert-p50", percentile(load.acksMs, 0.5), "ms");
      record("insert-p99", percentile(load.acksMs, 0.99), "ms");
      record("inserted", load.lines / (load.tookMs / 1_000), "lines/s");
      stage.say(
        `run ${run}, ${peer.name}: query p50 ${percentile(tookMs, 0.5).toFixed(1)} p99 ${percentile(tookMs, 0.99).toFixed(1)} ms, insert p99 ` +
          `${percentile(load.acksMs, 0.99).toFixed(1)} ms, ${Math.round(tookMs.length / (load.tookMs / 1_000))} queries/s`,
      );
    });
    rmSync(folder, { recursive: true, force: true });
  });
}

class Readers {
  readonly #running: RunningPeer;
  readonly #set: DataSet;
  readonly #seed: number;
  #isOver = false;

  constructor(running: RunningPeer, set: DataSet, seed: number) {
    this.#running = running;
    this.#set = set;
    this.#seed = seed;
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Resolves when told to stop, with the time that each answer took, ms. */
  async run(): Promise<number[]> {
    const tookMs: number[] = [];
    const read = async (reader: number): Promise<void> => {
      const connection = new Connection(this.#running.address);
      try {
        for (let n = reader + this.#seed * 1_000; !this.#isOver; n += READERS) {
          const asked = question(KINDS[n % KINDS.length] ?? "day-by-minute", n, this.#set);
          const fromMs = performance.now();
          await ask(this.#running, connection, asked);
          tookMs.push(performance.now() - fromMs);
        }
      } finally {
        connection.close();
      }
    };
    await Promise.all(Array.from({ length: READERS }, (_, reader) => read(reader)));
    return tookMs;
  }
}
