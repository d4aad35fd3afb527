import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Form } from "./bodies.ts";
import { KilowatchQuestions } from "./kilowatch-questions.ts";
import type { DiskUse, Peer, RunningPeer } from "./peer.ts";
import { folderBytes, freeAddress, Program, processTree } from "./processes.ts";

const PROGRAM = resolve(import.meta.dirname, "../../bin/kilowatch.mjs");
const EMAIL = "bench@example.org";
const KEY_FILE = "bench-key";
const SETTLE_MS_MAX = 600_000;
/** Series of the largest data set, with room. */
const SERIES_MAX = 100_000;
const ROLLUP_TABLE = /rollup/;

const Key = z.object({ key: z.string() });
const Session = z.object({ accessToken: z.string() });
const Parts = z.array(z.object({ table: z.string(), rows: z.number(), parts: z.number(), bytes: z.number() }));

const WRITES: Readonly<Record<Form, { readonly start: string; readonly type: string; readonly ack: number }>> = {
  line: { start: "POST /api/v2/write?precision=ms", type: "text/plain; charset=utf-8", ack: 204 },
  plaintext: { start: "POST /data", type: "text/plain", ack: 200 },
  json: { start: "POST /api/v1/readings", type: "application/json", ack: 200 },
};

export interface RunningKilowatch extends RunningPeer {
  /** Base address, without a slash at its end. */
  readonly url: string;
  /** For the header `Authorization`. */
  readonly bearer: string;
  /** Ids of the metrics by their devices' names, once they are all there. */
  metricIds(): Promise<ReadonlyMap<string, string>>;
  siteIds(): Promise<readonly string[]>;
  /** As `bearer`, of the administrator, for a quarter of an hour from the start. */
  adminBearer(): Promise<string>;
}

export const kilowatch: Peer<RunningKilowatch> = {
  id: "kilowatch",
  name: "Kilowatch",
  missing: null,
  setup:
    "`kilowatch serve` on an empty data folder, its defaults, an API key. Acks when the rows are in the journal, synced.",

  version: () =>
    z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8"))).version,

  async start(folder: string): Promise<RunningKilowatch> {
    mkdirSync(folder, { recursive: true });
    const address = await freeAddress();
    const url = `http://${address.host}:${address.port}`;
    const password = randomBytes(16).toString("hex");
    const program = new Program(
      process.execPath,
      [PROGRAM, "serve", "--data-dir", join(folder, "data"), "--port", String(address.port)],
      join(folder, "peer.log"),
      environment(
        existsSync(join(folder, KEY_FILE)) ? {} : { KILOWATCH_ADMIN_EMAIL: EMAIL, KILOWATCH_ADMIN_PASSWORD: password },
      ),
    );
    await program.untilReady(async () => (await fetch(`${url}/readyz`)).ok);
    const key = await keyOf(folder, url, password);
    const headers = `Authorization: Bearer ${key}\r\n`;
    const authorized = { headers: { authorization: `Bearer ${key}` } };
    let admin: Promise<string> | undefined;
    const questions = new KilowatchQuestions(url, key);
    const pending = async (): Promise<number> => {
      const answer = await fetch(`${url}/metrics`, authorized);
      const text = await answer.text();
      const found = /^kilowatch_readings_pending (\S+)/m.exec(text)?.[1];
      if (found === undefined)
        throw new Error(`/metrics answered ${answer.status} without the readings that are pending`);
      return Number(found);
    };
    return {
      id: "kilowatch",
      address,
      url,
      bearer: `Bearer ${key}`,
      forms: ["line", "plaintext", "json"],
      processIds: () => processTree(program.pid),
      writeRequest: (form) => ({
        start: WRITES[form].start,
        headers: `${headers}Content-Type: ${WRITES[form].type}\r\n`,
      }),
      isAck: (form, status) => status === WRITES[form].ack,
      async settle() {
        const untilMs = performance.now() + SETTLE_MS_MAX;
        while ((await pending()) > 0) {
          if (performance.now() > untilMs) throw new Error("readings are still pending");
          await sleep(20);
        }
      },
      metricIds: () => questions.metricIds(),
      siteIds: () => questions.siteIds(),
      adminBearer: () => (admin ??= signedIn(url, password).then((token) => `Bearer ${token}`)),
      rest: (set) => questions.untilRolledUp(set),
      prepareQuestions: (set) => questions.prepare(set),
      requests: (question) => questions.requests(question),
      points: (question, bodies) => questions.points(question, bodies),
      stop: () => program.stop(),
    };
  },

  async merge(folder: string): Promise<void> {
    partsOf(folder, "--merge");
    return Promise.resolve();
  },

  diskUse(folder: string): DiskUse {
    const tables = partsOf(folder);
    const sumOf = (of: "bytes" | "rows", isRollup: boolean): number =>
      tables.filter(({ table }) => ROLLUP_TABLE.test(table) === isRollup).reduce((total, part) => total + part[of], 0);
    const inData = (start: string): number =>
      folderBytes(join(folder, "data"), (path) => path.includes(`/data/${start}`));
    return {
      readings: sumOf("bytes", false),
      beside: sumOf("bytes", true) + inData("catalogue.db"),
      readingsHeld: sumOf("rows", false),
      log: inData("journal.db"),
    };
  },
};

/** Live files of the engine's tables; with `--merge`, once they are merged. In a process of its own, as the engine is. */
function partsOf(folder: string, ...flags: string[]): z.output<typeof Parts> {
  const program = join(import.meta.dirname, "kilowatch-parts.ts");
  const text = execFileSync(process.execPath, [program, join(folder, "data", "readings"), ...flags], {
    encoding: "utf8",
  });
  return Parts.parse(JSON.parse(text));
}

/** Without this shell's own settings of Kilowatch. */
function environment(own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("KILOWATCH_") && name !== "NODE_ENV",
  );
  return { ...Object.fromEntries(inherited), ...own };
}

/** The key of a data folder: made by the administrator at its first start, and kept beside it. */
async function keyOf(folder: string, url: string, password: string): Promise<string> {
  const path = join(folder, KEY_FILE);
  if (existsSync(path)) return readFileSync(path, "utf8");
  const accessToken = await signedIn(url, password);
  const wanted = { name: "bench", scopes: ["ingest", "read", "manage"], ingest: { seriesMax: SERIES_MAX } };
  const { key } = Key.parse(await post(url, "/api-keys", wanted, accessToken));
  writeFileSync(path, key, { mode: 0o600 });
  return key;
}

async function signedIn(url: string, password: string): Promise<string> {
  return Session.parse(await post(url, "/auth/login", { email: EMAIL, password })).accessToken;
}

async function post(url: string, target: string, body: object, bearer?: string): Promise<unknown> {
  const answer = await fetch(`${url}/api/v1${target}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${target} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
