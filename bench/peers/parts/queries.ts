import { rmSync } from "node:fs";
import { Connection } from "../connection.ts";
import type { DataSet } from "../data-set.ts";
import { percentile } from "../figures.ts";
import type { PeerId, RunningPeer } from "../peer.ts";
import {
  differenceOf,
  expectedPoints,
  QUESTION_KINDS,
  type Question,
  type QuestionKind,
  question,
} from "../questions.ts";
import { attempt, bodiesOf, inRounds, onPeer, type Stage } from "../stage.ts";
import { ask, copyOfLoaded } from "./loaded.ts";
import { untilQuiet } from "./quiet.ts";

const ALL: readonly PeerId[] = ["influxdb", "victoria-metrics", "kilowatch"];
/** Asked and not counted, so that files are mapped and code is warm. */
const WARM_UP_QUESTIONS = { "day-by-minute": 1_000, "range-in-500": 500, "site-by-hour": 20, latest: 100 } as const;
/** Questions counted in a run: fewer of a kind of which one takes longer. */
const QUESTIONS = { "day-by-minute": 500, "range-in-500": 500, "site-by-hour": 20, latest: 100 } as const;
/** Of the warm-up's answers those that are compared with what the data set says. */
const COMPARED = 3;
/** Every run asks about other series. */
const QUESTIONS_APART = 1_009;

/** Time until the whole answer is there, one question at a time on one connection. */
export async function queries(stage: Stage): Promise<void> {
  const { set } = bodiesOf("A", stage.scale);
  await inRounds(stage, ALL, async (peer, run) => {
    const folder = await copyOfLoaded(stage, peer, "A");
    await onPeer(peer, folder, async (running) => {
      await running.prepareQuestions(set);
      await untilQuiet(stage, running);
      for (const kind of QUESTION_KINDS) {
        await attempt(stage, `${peer.name}, run ${run}, ${kind}`, async () => {
          const tookMs = await answerTimes(running, kind, run, set);
          const record = (name: string, value: number): void =>
            stage.record({ measure: `query.${kind}.${name}`, subject: peer.id, run, value, unit: "ms" });
          record("p50", percentile(tookMs, 0.5));
          record("p99", percentile(tookMs, 0.99));
          stage.say(`${kind}, run ${run}, ${peer.name}: p50 ${percentile(tookMs, 0.5).toFixed(2)} ms`);
        });
      }
    });
    rmSync(folder, { recursive: true, force: true });
  });
}

/** @throws when one of the answers that are compared is another than the data set's */
async function answerTimes(running: RunningPeer, kind: QuestionKind, run: number, set: DataSet): Promise<number[]> {
  const connection = new Connection(running.address);
  const tookMs: number[] = [];
  try {
    for (let n = -WARM_UP_QUESTIONS[kind]; n < QUESTIONS[kind]; n++) {
      const asked = question(kind, n + WARM_UP_QUESTIONS[kind] + run * QUESTIONS_APART, set);
      const fromMs = performance.now();
      const bodies = await ask(running, connection, asked);
      if (n >= 0) tookMs.push(performance.now() - fromMs);
      else if (n >= -COMPARED) compare(running, asked, bodies, set);
    }
  } finally {
    connection.close();
  }
  return tookMs;
}

function compare(running: RunningPeer, asked: Question, bodies: readonly Buffer[], set: DataSet): void {
  const difference = differenceOf(running.points(asked, bodies), expectedPoints(asked, set));
  if (difference !== null) throw new Error(`another answer to ${JSON.stringify(asked)}: ${difference}`);
}
