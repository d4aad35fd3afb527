import { setTimeout as sleep } from "node:timers/promises";
import { BodyMaker } from "../bodies.ts";
import { DataSet, dataSetPlan } from "../data-set.ts";
import { percentile, spreadOf } from "../figures.ts";
import { kilowatch, type RunningKilowatch } from "../kilowatch.ts";
import { sendAll } from "../load.ts";
import { anonymousBytes, proportionalBytes, residentBytes } from "../processes.ts";
import { attempt, LINES_PER_BODY, onFreshPeer, type Stage } from "../stage.ts";
import { eachBody } from "./loaded.ts";

const CONNECTIONS = 4;
const READINGS = 100_000_000;
const SAMPLED_EVERY_MS = 500;
const MIB = 2 ** 20;
/** Flat: the last third of the time takes no more than this much above the second third. The first third fills what is bounded. */
export const GROWTH_MAX = 0.1;

/** Memory of all Kilowatch's processes while 100 million readings of few and of many series go in, and while they are exported. Once, not in runs. */
export async function memory(stage: Stage): Promise<void> {
  for (const name of ["A", "C"] as const) await memoryOf(stage, name);
}

async function memoryOf(stage: Stage, name: "A" | "C"): Promise<void> {
  const plan = dataSetPlan(name, 1);
  const set = new DataSet({ ...plan, ticks: Math.ceil(READINGS / plan.seriesCount) });
  const line = new BodyMaker(set, "line", LINES_PER_BODY);
  const readings = Math.max(plan.seriesCount * 6, READINGS * stage.scale);
  await onFreshPeer(stage, kilowatch, async (running) => {
    await watched(stage, running, `${name}.in`, async () => {
      const load = await sendAll(
        running,
        "line",
        eachBody(set, (n) => line.body(n), readings),
        CONNECTIONS,
      );
      await running.settle();
      return load.lines;
    });
    await attempt(stage, `${name}, export`, () => watched(stage, running, `${name}.export`, () => exportAll(running)));
  });
}

/** Works, looking at the memory meanwhile; `work` answers the readings that it moved. */
async function watched(
  stage: Stage,
  running: RunningKilowatch,
  name: string,
  work: () => Promise<number>,
): Promise<void> {
  const resident: number[] = [];
  const proportional: number[] = [];
  const anonymous: number[] = [];
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      const processIds = running.processIds();
      resident.push(residentBytes(processIds) / MIB);
      proportional.push(proportionalBytes(processIds) / MIB);
      anonymous.push(anonymousBytes(processIds) / MIB);
      await sleep(SAMPLED_EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  })();
  const beganMs = performance.now();
  const moved = await work().finally(() => over.abort());
  const tookMs = performance.now() - beganMs;
  await watching;
  const third = Math.floor(resident.length / 3);
  const [second, last] = [resident.slice(third, 2 * third), resident.slice(2 * third)].map((part) =>
    part.length === 0 ? Number.NaN : percentile(part, 0.9),
  ) as [number, number];
  const record = (measure: string, value: number, unit: string): void => {
    if (Number.isFinite(value))
      stage.record({ measure: `memory.${name}.${measure}`, subject: "kilowatch", run: 1, value, unit });
  };
  record("rss-most", spreadOf(resident).most, "MiB");
  record("rss-p50", percentile(resident, 0.5), "MiB");
  record("pss-most", spreadOf(proportional).most, "MiB");
  record("anonymous-most", spreadOf(anonymous).most, "MiB");
  record("growth", last / second - 1, "share");
  record("rate", moved / (tookMs / 1_000), "readings/s");
  stage.say(
    `  ${name}: ${(moved / 1e6).toFixed(1)} M readings, ${Math.round(moved / tookMs)} k/s; RSS p50 ${percentile(resident, 0.5).toFixed(0)}, most ` +
      `${spreadOf(resident).most.toFixed(0)} MiB (PSS ${spreadOf(proportional).most.toFixed(0)}, anonymous ${spreadOf(anonymous).most.toFixed(0)}), last third ${((last / second - 1) * 100).toFixed(1)} % above the second`,
  );
}

/** Reads every site's readings as CSV, and throws them away; answers how many they were. */
async function exportAll(running: RunningKilowatch): Promise<number> {
  const get = async (path: string): Promise<Response> => {
    const answer = await fetch(`${running.url}/api/v1${path}`, { headers: { authorization: running.bearer } });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  let lines = 0;
  for (const siteId of await running.siteIds()) {
    const { body } = await get(`/readings?siteId=${siteId}&format=csv`);
    if (!body) throw new Error("an export without a body");
    // Its head is a line as well.
    lines--;
    for await (const bytes of body as ReadableStream<Uint8Array>) {
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
    }
  }
  return lines;
}
