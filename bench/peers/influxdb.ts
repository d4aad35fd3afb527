import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Address } from "./connection.ts";
import { DEVICES_PER_SITE, METRIC, siteName } from "./data-set.ts";
import type { Peer, RunningPeer } from "./peer.ts";
import { folderBytes, freeAddress, Program, processTree } from "./processes.ts";
import { ALL_SERIES, namesOf, type Points, type Question, stepMsOf } from "./questions.ts";

const PROGRAM = "/usr/bin/influxd";
const DATABASE = "bench";

const QueryAnswer = z.object({
  results: z.tuple([
    z.object({
      series: z
        .array(
          z.object({
            tags: z.object({ device: z.string() }).optional(),
            values: z.array(z.tuple([z.number(), z.number().nullable()])),
          }),
        )
        .default([]),
    }),
  ]),
});

export const influxDb: Peer = {
  id: "influxdb",
  name: "InfluxDB",
  missing: existsSync(PROGRAM) ? null : `${PROGRAM} is not installed`,
  setup:
    "Debian's package with its defaults (in-memory index, WAL synced before each ack), but ports and folders of its own and nothing reported home. " +
    "Queries without a cache, which it has none of.",

  version() {
    return /\d+\.\d+\.\d+\S*/.exec(execFileSync(PROGRAM, ["version"], { encoding: "utf8" }))?.[0] ?? "unknown";
  },

  async start(folder) {
    mkdirSync(folder, { recursive: true });
    const [address, internal] = [await freeAddress(), await freeAddress()];
    const configPath = join(folder, "influxdb.conf");
    writeFileSync(configPath, configuration(folder, address, internal));
    const program = new Program(PROGRAM, ["-config", configPath], join(folder, "peer.log"));
    const url = `http://${address.host}:${address.port}`;
    await program.untilReady(async () => (await fetch(`${url}/ping`)).status === 204);
    const created = await fetch(
      `${url}/query?${new URLSearchParams({ q: `CREATE DATABASE ${DATABASE}` }).toString()}`,
      {
        method: "POST",
      },
    );
    if (!created.ok) throw new Error(`CREATE DATABASE answered ${created.status}`);
    const running: RunningPeer = {
      id: "influxdb",
      address,
      forms: ["line"],
      processIds: () => processTree(program.pid),
      writeRequest: () => ({ start: `POST /write?db=${DATABASE}&precision=ms`, headers: "" }),
      isAck: (_form, status) => status === 204,
      // What was acked is in its WAL and in the cache that it queries.
      settle: () => Promise.resolve(),
      rest: () => Promise.resolve(),
      prepareQuestions: () => Promise.resolve(),
      requests: (question) => {
        const parameters = new URLSearchParams({ db: DATABASE, epoch: "ms", q: statement(question) });
        return [{ start: `GET /query?${parameters.toString()}`, headers: "" }];
      },
      points: (question, [body]) => readPoints(question, body),
      stop: () => program.stop(),
    };
    return running;
  },

  // Nothing can be asked of it: it compacts a shard by itself, the last time four hours after the last write.
  merge: () => Promise.resolve(),

  diskUse(folder) {
    const data = join(folder, "data");
    return {
      readings: folderBytes(join(data, DATABASE), (path) => path.endsWith(".tsm")),
      beside: folderBytes(join(data, DATABASE), (path) => !path.endsWith(".tsm")),
      readingsHeld: null,
      log: folderBytes(join(folder, "wal", DATABASE)),
    };
  },
};

function configuration(folder: string, address: Address, internal: Address): string {
  return `reporting-disabled = true
bind-address = "${internal.host}:${internal.port}"
[meta]
  dir = "${join(folder, "meta")}"
[data]
  dir = "${join(folder, "data")}"
  wal-dir = "${join(folder, "wal")}"
[http]
  bind-address = "${address.host}:${address.port}"
`;
}

function statement(question: Question): string {
  const times = `time >= ${question.fromMs}ms AND time < ${question.toMs}ms`;
  if (question.kind === "latest") return `SELECT last(value) FROM ${METRIC} WHERE ${times} GROUP BY device`;
  const stepMs = stepMsOf(question);
  // Steps are counted from the epoch there, unless an offset is given.
  const step = `time(${stepMs}ms, ${question.fromMs % stepMs}ms)`;
  if (question.kind === "site-by-hour") {
    const site = siteName(question.site * DEVICES_PER_SITE);
    return `SELECT sum(value) FROM ${METRIC} WHERE site = '${site}' AND ${times} GROUP BY ${step}`;
  }
  const { site, device } = namesOf(question.series);
  return `SELECT mean(value) FROM ${METRIC} WHERE site = '${site}' AND device = '${device}' AND ${times} GROUP BY ${step}`;
}

function readPoints(question: Question, body: Buffer | undefined): Points {
  const { results } = QueryAnswer.parse(JSON.parse(String(body)));
  return new Map(
    results[0].series.map(({ tags, values }) => [
      tags?.device ?? ("series" in question ? namesOf(question.series).device : ALL_SERIES),
      values.flatMap(([timeMs, value]) => (value === null ? [] : [[timeMs, value] as [number, number]])),
    ]),
  );
}
