import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Address } from "./connection.ts";
import { DEVICES_PER_SITE, METRIC, siteName } from "./data-set.ts";
import type { Peer, RunningPeer } from "./peer.ts";
import { folderBytes, freeAddress, Program, processTree } from "./processes.ts";
import { ALL_SERIES, namesOf, type Points, type Question, stepMsOf } from "./questions.ts";

const PROGRAM = "/usr/bin/victoria-metrics";
/** What its Influx endpoint makes of measurement and field. */
const SERIES_NAME = `${METRIC}_value`;
const MERGE_MS_MAX = 300_000;

const RangeAnswer = z.object({
  status: z.literal("success"),
  data: z.object({
    result: z.array(
      z.object({
        metric: z.object({ device: z.string().default(ALL_SERIES) }),
        values: z.array(z.tuple([z.number(), z.string()])).optional(),
        value: z.tuple([z.number(), z.string()]).optional(),
      }),
    ),
  }),
});

export const victoriaMetrics: Peer = {
  id: "victoria-metrics",
  name: "VictoriaMetrics",
  missing: existsSync(PROGRAM) ? null : `${PROGRAM} is not installed`,
  setup:
    "Debian's package with its defaults, and -retentionPeriod=100y. Acks when the rows are in memory. Queries with nocache=1: its cache would " +
    "move the bounds of a range, and answer from the last answer.",

  // The program itself does not say: Debian builds it without.
  version: () =>
    execFileSync("dpkg-query", ["-W", "victoria-metrics"], { encoding: "utf8" }).split("\t")[1]?.trim() ?? "unknown",

  async start(folder) {
    mkdirSync(folder, { recursive: true });
    const address = await freeAddress();
    const url = `http://${address.host}:${address.port}`;
    const program = new Program(
      PROGRAM,
      [
        `-storageDataPath=${join(folder, "store")}`,
        `-httpListenAddr=${address.host}:${address.port}`,
        "-retentionPeriod=100y",
      ],
      join(folder, "peer.log"),
    );
    await program.untilReady(async () => (await fetch(`${url}/health`)).ok);
    const running: RunningPeer = {
      id: "victoria-metrics",
      address,
      forms: ["line"],
      processIds: () => processTree(program.pid),
      writeRequest: () => ({ start: "POST /write?precision=ms", headers: "" }),
      isAck: (_form, status) => status === 204,
      async settle() {
        await get(address, "/internal/force_flush");
      },
      rest: () => Promise.resolve(),
      prepareQuestions: () => Promise.resolve(),
      requests: (question) => [{ start: `GET ${pathOf(question)}`, headers: "" }],
      points: (question, [body]) => readPoints(question, body),
      stop: () => program.stop(),
    };
    return running;
  },

  async merge(folder) {
    const running = await victoriaMetrics.start(folder);
    try {
      await get(running.address, "/internal/force_merge");
      const untilMs = performance.now() + MERGE_MS_MAX;
      do {
        await sleep(1_000);
        if (performance.now() > untilMs) throw new Error("the merge did not end");
      } while ((await mergesUnderWay(running.address)) > 0);
    } finally {
      await running.stop();
    }
  },

  diskUse(folder) {
    const store = join(folder, "store");
    return {
      readings: folderBytes(join(store, "data")),
      beside: folderBytes(join(store, "indexdb")),
      readingsHeld: null,
      log: 0,
    };
  },
};

async function get(address: Address, path: string): Promise<string> {
  const answer = await fetch(`http://${address.host}:${address.port}${path}`);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.text();
}

async function mergesUnderWay(address: Address): Promise<number> {
  const figures = await get(address, "/metrics");
  return figures.matchAll(/^vm_active_merges\{[^}]*\} (\d+)/gm).reduce((total, [, count]) => total + Number(count), 0);
}

function pathOf(question: Question): string {
  const ask = (path: string, parameters: Record<string, string>): string =>
    `/api/v1/${path}?${new URLSearchParams({ ...parameters, nocache: "1" }).toString()}`;
  if (question.kind === "latest") {
    // Looks back five minutes, which is the least that it can be asked to do for a last value.
    return ask("query", { query: SERIES_NAME, time: `${(question.toMs - 1) / 1_000}` });
  }
  const stepMs = stepMsOf(question);
  // A step is named by its end there, and holds (end - step, end]: ends are asked for one ms before the next step begins.
  const steps = Math.ceil((question.toMs - question.fromMs) / stepMs);
  const endOf = (count: number): string => `${(question.fromMs + count * stepMs - 1) / 1_000}`;
  const range = { start: endOf(1), end: endOf(steps), step: `${stepMs}ms` };
  if (question.kind === "site-by-hour") {
    const site = siteName(question.site * DEVICES_PER_SITE);
    return ask("query_range", { query: `sum(sum_over_time(${SERIES_NAME}{site="${site}"}[${stepMs}ms]))`, ...range });
  }
  const { site, device } = namesOf(question.series);
  const selector = `${SERIES_NAME}{site="${site}",device="${device}"}`;
  return ask("query_range", { query: `avg_over_time(${selector}[${stepMs}ms])`, ...range });
}

function readPoints(question: Question, body: Buffer | undefined): Points {
  const { data } = RangeAnswer.parse(JSON.parse(String(body)));
  const stepMs = stepMsOf(question);
  return new Map(
    data.result.map(({ metric, values, value }) => {
      // It names the time of the question, not of the reading.
      if (value) return [metric.device, [[Number.NaN, Number(value[1])]]];
      return [
        metric.device,
        (values ?? []).map(([endS, text]) => [Math.round(endS * 1_000) - stepMs + 1, Number(text)]),
      ];
    }),
  );
}
