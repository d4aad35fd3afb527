import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { generate } from "selfsigned";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Catalogue, openCatalogue } from "../../catalogue/catalogue.ts";
import { knownKey } from "../../catalogue/sealing/installation-key.ts";
import { type ApiKeyScope, INGEST_SETTINGS_DEFAULT } from "../../domain/api-key.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { ReadingColumns } from "../../domain/reading.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { LiveHub } from "../../live/hub.ts";
import type { TelemetryStore } from "../../telemetry/store.ts";
import { IngestPipeline } from "../pipeline.ts";
import { PushSources } from "../sources/push-sources.ts";
import { MqttListener } from "./listener.ts";
import { PAYLOAD_BYTES_MAX } from "./payload.ts";
import { TOPIC_TEMPLATE_DEFAULT, TopicTemplate } from "./topic.ts";

let folder: string;
let catalogue: Catalogue;
let sources: PushSources;
let listener: MqttListener;
let warnings: object[];
const clock = new VirtualClock();
const clients: MqttClient[] = [];

/** A store whose disk a test holds by the hand. */
class HeldStore {
  readonly appended: ReadingColumns[] = [];
  /** What an append waits for. */
  disk: Promise<void> = Promise.resolve();
  refusals = 0;
  readonly #asked = Promise.withResolvers<void>();
  /** Resolves when something is to be appended. */
  readonly asked = this.#asked.promise;

  async append(batch: ReadingColumns): Promise<void> {
    this.#asked.resolve();
    await this.disk;
    if (this.refusals-- > 0) throw new StorageUnavailable("The disk is full.", 1);
    this.appended.push(batch);
  }
}
let store: HeldStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-mqtt-"));
  catalogue = await openCatalogue(join(folder, "catalogue.db"), knownKey(Buffer.alloc(32, 7)), clock);
  store = new HeldStore();
  const pipeline = new IngestPipeline({
    store: store as unknown as TelemetryStore,
    directory: catalogue.directory,
    live: new LiveHub(clock),
    clock,
  });
  sources = new PushSources({ catalogue, pipeline, clock });
  warnings = [];
  listener = await open();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  await listener.close();
  await catalogue.close();
  rmSync(folder, { recursive: true });
});

function open(options: { template?: string; tls?: { certificate: string; key: string } } = {}): Promise<MqttListener> {
  const topic = TopicTemplate.parse(options.template ?? TOPIC_TEMPLATE_DEFAULT);
  if (typeof topic === "string") throw new Error(topic);
  const log: Log = { debug() {}, info() {}, warn: (facts) => warnings.push(facts), error() {} };
  const parts = { apiKeys: catalogue.apiKeys, sources, clock, log };
  return MqttListener.open({ host: "127.0.0.1", port: 0, tls: options.tls ?? null, topic, ...parts });
}

async function newKey(scopes: ApiKeyScope[] = ["ingest"]): Promise<{ id: string; text: string }> {
  const { key, text } = await catalogue.apiKeys.create({
    name: "gateway",
    scopes,
    siteIds: null,
    expiresAtMs: null,
    ingest: INGEST_SETTINGS_DEFAULT,
  });
  return { id: key.id, text };
}

async function signIn(password: string, options: IClientOptions = {}): Promise<MqttClient> {
  const url = `${options.protocol ?? "mqtt"}://127.0.0.1:${listener.port}`;
  const client = await connectAsync(url, {
    username: "any",
    password,
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  });
  client.on("error", () => {});
  clients.push(client);
  return client;
}

function closing(client: MqttClient): Promise<void> {
  return new Promise((closed) => client.once("close", () => closed()));
}

/** What has been stored, as text. */
function stored(): string[] {
  return store.appended.flatMap(({ length, series, timesMs, values }) =>
    Array.from({ length }, (_, row) => {
      const owner = catalogue.directory.bySeries(series[row] ?? 0);
      return `${owner?.metricName} ${timesMs[row]} ${values[row]}`;
    }),
  );
}

describe("the MQTT listener", () => {
  test.each([1, 2] as const)("stores what is published with QoS %i, under the topic's site and device", async (qos) => {
    const client = await signIn((await newKey()).text);
    await client.publishAsync("kilowatch/Roof/Inverter 7/active_power", '{"value": 1500.5, "time": 1000}', { qos });
    expect(stored()).toStrictEqual(["active_power 1000 1500.5"]);
    expect(catalogue.directory.sitesNamed("Roof")).toHaveLength(1);
  });

  test("acknowledges only what is on stable storage", async () => {
    const disk = Promise.withResolvers<void>();
    store.disk = disk.promise;
    const { text } = await newKey();
    const client = await signIn(text);
    let acked = false;
    const publishing = client.publishAsync("kilowatch/a/b/c", "1", { qos: 1 }).then(() => {
      acked = true;
    });
    await store.asked;
    // Another client is served all the while, so the acknowledgement has had its time to come.
    await signIn(text);
    expect([acked, stored()]).toStrictEqual([false, []]);
    disk.resolve();
    await publishing;
    expect(stored()).toContain(`c ${clock.nowMs()} 1`);
  });

  test("cuts a client whose message cannot be stored now, and takes it when it comes again", async () => {
    store.refusals = 1;
    const client = await signIn((await newKey()).text, { reconnectPeriod: 1 });
    await client.publishAsync("kilowatch/a/b/c", "7", { qos: 1 });
    expect(stored()).toStrictEqual([`c ${clock.nowMs()} 7`]);
  });

  test("gives no acknowledgement to what can never be stored, says why once, and takes the rest", async () => {
    const client = await signIn((await newKey()).text);
    const unacked: string[] = [];
    for (const [topic, payload] of [
      ["kilowatch/a/b/c", "nonsense"],
      ["elsewhere/a/b/c", "1"],
    ] as const) {
      void client.publishAsync(topic, payload, { qos: 1 }).then(
        () => unacked.push(`${topic} was acknowledged`),
        () => {},
      );
    }
    await client.publishAsync("kilowatch/a/b/c", "1", { qos: 1 });
    expect(unacked).toStrictEqual([]);
    expect(stored()).toStrictEqual([`c ${clock.nowMs()} 1`]);
    expect(sources.counts.all().get("mqtt")).toMatchObject({ refused: 2, readings: 1 });
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings)).toMatch(/"topic":"kilowatch\/a\/b\/c","reason":"it is neither/);
  });

  test("lets nobody in without a key that may push, and nobody subscribe", async () => {
    for (const password of ["", "kw_000000000000_x", (await newKey(["read"])).text]) {
      await expect(signIn(password)).rejects.toThrow(/Bad username or password|Not authorized/i);
    }
    const client = await signIn((await newKey()).text);
    await expect(client.subscribeAsync("#")).rejects.toThrow();
  });

  test("cuts a client whose key is revoked", async () => {
    const { id, text } = await newKey();
    const client = await signIn(text);
    const closed = closing(client);
    await catalogue.apiKeys.revoke(id);
    await closed;
    await expect(signIn(text)).rejects.toThrow();
  });

  test("metrics may stand in the payload", async () => {
    await listener.close();
    listener = await open({ template: "plant/{device}" });
    const client = await signIn((await newKey()).text);
    await client.publishAsync("plant/pcs-1", '{"active_power": 5, "voltage": 230, "time": 1}', { qos: 1 });
    expect(stored()).toStrictEqual(["active_power 1 5", "voltage 1 230"]);
  });

  test("ends a connection that announces a packet past the limit", async () => {
    const socket = connectSocket(listener.port, "127.0.0.1");
    await once(socket, "connect");
    const closed = once(socket, "close");
    socket.on("error", () => {}).resume();
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await closed;
    const client = await signIn((await newKey()).text);
    await client.publishAsync("kilowatch/a/b/c", "1".padEnd(PAYLOAD_BYTES_MAX), { qos: 1 });
    expect(stored()).toHaveLength(1);
  });

  test("speaks TLS", async () => {
    await listener.close();
    const { private: key, cert: certificate } = await generate([{ name: "commonName", value: "localhost" }]);
    listener = await open({ tls: { certificate, key } });
    const client = await signIn((await newKey()).text, {
      protocol: "mqtts",
      ca: certificate,
      rejectUnauthorized: false,
    });
    await client.publishAsync("kilowatch/a/b/c", "1", { qos: 1 });
    expect(stored()).toHaveLength(1);
  });

  test("closing cuts the clients", async () => {
    const client = await signIn((await newKey()).text);
    const closed = closing(client);
    await listener.close();
    await closed;
    expect(listener.clients).toBe(0);
  });
});
