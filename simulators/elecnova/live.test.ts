import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { TestTime } from "../test-time.ts";
import type { Faults } from "./faults.ts";
import { UNHEARD_ROUNDS_MAX } from "./live.ts";
import { type ElecnovaSimulator, startElecnovaSimulator } from "./simulator.ts";
import { type Login, live, login } from "./test-caller.ts";

/** All of the first three cabinets are connected then. */
const NOW_MS = Date.UTC(2026, 10, 21, 5);
const CABINET_TOPIC = "ems/ESS-001/data";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function start(faults: Faults = {}) {
  const time = new TestTime(NOW_MS);
  const simulator = await startElecnovaSimulator({ time, faults });
  closing.push(() => simulator.close());
  return { simulator, time };
}

async function askTopics(
  simulator: ElecnovaSimulator,
  { id, token }: Login,
  nowMs: number,
  { mode = 1, sn = "ESS-001" } = {},
): Promise<void> {
  const answer = await live(simulator, token, `/api/v1/dev/topic/${id}/${sn}?mode=${mode}`, nowMs);
  expect(answer.status).toBe(200);
}

async function connect(simulator: ElecnovaSimulator, user: Login, changed: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(
    simulator.mqttUrl,
    {
      clientId: user.id,
      username: user.username,
      password: user.password,
      ca: simulator.certificate,
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      ...changed,
    },
    false,
  );
  closing.push(() => client.endAsync(true));
  return client;
}

interface Message {
  readonly topic: string;
  readonly sn: string;
  readonly time: number;
  readonly points: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Messages of a client from now on, and a way to wait until there are so many. */
function collect(client: MqttClient): { readonly messages: Message[]; until(count: number): Promise<void> } {
  const messages: Message[] = [];
  let told = (): void => {};
  client.on("message", (topic, payload) => {
    messages.push({ topic, ...(JSON.parse(payload.toString()) as Omit<Message, "topic">) });
    told();
  });
  return {
    messages,
    async until(count) {
      while (messages.length < count) await new Promise<void>((resolve) => (told = resolve));
    },
  };
}

async function startWithSubscriber(faults: Faults = {}, options: IClientOptions = {}) {
  const { simulator, time } = await start(faults);
  const user = await login(simulator, time.nowMs());
  await askTopics(simulator, user, time.nowMs());
  const client = await connect(simulator, user, options);
  const inbox = collect(client);
  await client.subscribeAsync(CABINET_TOPIC, { qos: 1 });
  return { simulator, time, user, client, ...inbox };
}

function closeOf(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once("close", () => resolve()));
}

const kinds = (simulator: ElecnovaSimulator): string[] => Array.from(simulator.violations, ({ kind }) => kind);

describe("who may connect", () => {
  test("over TLS, under a name of the certificate, with what the login gave, after topics were asked for", async () => {
    const { simulator, time } = await start();
    const user = await login(simulator, time.nowMs());
    await expect(connect(simulator, user)).rejects.toMatchObject({ code: 4 });
    await askTopics(simulator, user, time.nowMs());
    await connect(simulator, user);
    await connect(simulator, user, { host: "localhost", clientId: user.id });
    expect(kinds(simulator)).toEqual(["mqtt"]);
    expect(simulator.mqtt).toMatchObject({ connected: 2, refused: 1 });
  });

  test("a client that does not trust the certificate does not connect", async () => {
    const { simulator, time } = await start();
    const user = await login(simulator, time.nowMs());
    await askTopics(simulator, user, time.nowMs());
    await expect(connectAsync(simulator.mqttUrl, { clientId: user.id, reconnectPeriod: 0 }, false)).rejects.toThrow(
      /self.signed/,
    );
    expect(simulator.mqtt).toMatchObject({ connected: 0, refused: 0 });
  });

  test.each<[string, (user: Login) => IClientOptions]>([
    ["another password", () => ({ password: "guess" })],
    ["another user name", () => ({ username: "guess" })],
    ["another client id", () => ({ clientId: "guess" })],
    ["the token as password", ({ token }) => ({ password: token })],
  ])("%s is refused, and noted", async (_name, changed) => {
    const { simulator, time } = await start();
    const user = await login(simulator, time.nowMs());
    await askTopics(simulator, user, time.nowMs());
    await expect(connect(simulator, user, changed(user))).rejects.toMatchObject({ code: 4 });
    expect(kinds(simulator)).toEqual(["mqtt"]);
  });

  test("credentials end with their token; revoked is no fault of the client, expired is", async () => {
    const { simulator, time } = await start();
    const first = await login(simulator, time.nowMs());
    await askTopics(simulator, first, time.nowMs());
    simulator.revokeTokens();
    await expect(connect(simulator, first)).rejects.toMatchObject({ code: 4 });
    expect(kinds(simulator)).toEqual([]);

    const second = await login(simulator, time.nowMs());
    await askTopics(simulator, second, time.nowMs());
    expect([second.id, second.username]).toEqual([first.id, first.username]);
    time.atMs += 86_400_000;
    await expect(connect(simulator, second)).rejects.toMatchObject({ code: 4 });
    expect(kinds(simulator)).toEqual(["mqtt"]);
  });
});

describe("what a client may do", () => {
  test("it may subscribe to the topics it was given and to nothing else", async () => {
    const { simulator, client } = await startWithSubscriber();
    for (const topic of ["#", "ems/ESS-002/data", "ems/ESS-001/BMS1/data", "ems/+/data"]) {
      await expect(client.subscribeAsync(topic, { qos: 1 })).rejects.toThrow();
    }
    expect(kinds(simulator)).toEqual(["mqtt", "mqtt", "mqtt", "mqtt"]);
    expect(simulator.mqtt).toMatchObject({ subscribed: 1, refused: 4 });
  });

  test("it may not publish: that ends its connection", async () => {
    const { simulator, client } = await startWithSubscriber();
    const closed = closeOf(client);
    client.publish(CABINET_TOPIC, "{}", { qos: 0 });
    await closed;
    expect(kinds(simulator)).toEqual(["mqtt"]);
  });
});

describe("live messages", () => {
  test("of a cabinet hold the points of all its components, at the time of the round", async () => {
    const { simulator, time, messages, until } = await startWithSubscriber();
    await simulator.tick();
    time.atMs += 5_000;
    await simulator.tick();
    await until(2);
    expect(messages.map((message) => message.time)).toEqual([NOW_MS, NOW_MS + 5_000]);
    expect(messages[0]).toMatchObject({ topic: CABINET_TOPIC, sn: "ESS-001" });
    expect(Object.keys(messages[0]?.points ?? {})).toEqual(
      simulator.plant.get("ESS-001")?.components.map(({ locationCode }) => locationCode),
    );
    expect(messages[0]?.points["BMS1"]).toMatchObject({ soc: expect.any(Number) as number, soh: 97.5 });
  });

  test("of components come on a topic each, and only for cabinets that were asked for", async () => {
    const { simulator, time, client, user, messages, until } = await startWithSubscriber();
    await askTopics(simulator, user, time.nowMs(), { mode: 2 });
    await client.subscribeAsync("ems/ESS-001/BAT2/data", { qos: 1 });
    await simulator.tick();
    await until(2);
    expect(messages.find(({ topic }) => topic === "ems/ESS-001/BAT2/data")?.points).toEqual({
      BAT2: messages.find(({ topic }) => topic === CABINET_TOPIC)?.points["BAT2"],
    });
    expect(simulator.mqtt.published).toBe(10);
  });

  test("a cabinet without connection sends none", async () => {
    const { simulator, time } = await startWithSubscriber();
    const cabinet = simulator.plant.get("ESS-001");
    while (cabinet?.connectionAt(time.nowMs()).online) time.atMs += 3_600_000;
    await simulator.tick();
    expect(simulator.mqtt.published).toBe(0);
  });

  test("mqtt-duplicate sends one twice; mqtt-out-of-order sends one after the next", async () => {
    const { simulator, time, messages, until } = await startWithSubscriber();
    const round = async (): Promise<void> => {
      await simulator.tick();
      time.atMs += 5_000;
    };
    await simulator.setFaults({ "mqtt-duplicate": { next: 1 } });
    await round();
    await simulator.setFaults({ "mqtt-out-of-order": { next: 1 } });
    for (let i = 0; i < 3; i++) await round();
    await until(5);
    expect(messages.map((message) => (message.time - NOW_MS) / 5_000)).toEqual([0, 0, 2, 1, 3]);
    expect(simulator.mqtt).toMatchObject({ published: 5, duplicated: 1, reordered: 1 });
  });
});

describe("a restart of the broker", () => {
  test("cuts the connection; a client that kept its session gets what it missed", async () => {
    const { simulator, time, client, user, messages, until } = await startWithSubscriber({}, { clean: false });
    await simulator.tick();
    await until(1);
    const closed = closeOf(client);
    await simulator.restartBroker();
    await closed;
    time.atMs += 5_000;
    await simulator.tick();

    const inbox = collect(await connect(simulator, user, { clean: false }));
    const rounds = (): number[] => [...messages, ...inbox.messages].map((message) => (message.time - NOW_MS) / 5_000);
    while (!rounds().includes(1)) await inbox.until(inbox.messages.length + 1);
    time.atMs += 5_000;
    await simulator.tick();
    while (!rounds().includes(2)) await inbox.until(inbox.messages.length + 1);
    // The first may come again: the cut may have come before its acknowledgement.
    expect([...new Set(rounds())]).toEqual([0, 1, 2]);
    expect(simulator.mqtt.restarts).toBe(1);
    expect(kinds(simulator)).toEqual([]);
  });

  test("comes as a fault before a round", async () => {
    const { simulator, client } = await startWithSubscriber();
    await simulator.setFaults({ "broker-restart": { next: 1 } });
    const closed = closeOf(client);
    await simulator.tick();
    await closed;
    expect(simulator.mqtt.restarts).toBe(1);
  });

  test("an outage is one of the broker too, until it ends, on the same port", async () => {
    const { simulator, user } = await startWithSubscriber();
    await simulator.setFaults({ outage: true });
    await simulator.restartBroker();
    await expect(connect(simulator, user)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await simulator.setFaults({});
    await connect(simulator, user);
  });
});

test("the broker does not hoard for a client that never comes back", async () => {
  const { simulator, client } = await startWithSubscriber({}, { clean: false });
  await client.endAsync(true);
  // The broker may hear of the end a moment after its client.
  for (let i = 0; i < UNHEARD_ROUNDS_MAX + 50; i++) await simulator.tick();
  const { published } = simulator.mqtt;
  expect(published).toBeGreaterThanOrEqual(UNHEARD_ROUNDS_MAX);
  await simulator.tick();
  expect(simulator.mqtt.published).toBe(published);
});

test("in real use the rounds come by themselves", async () => {
  const simulator = await startElecnovaSimulator({ publishIntervalMs: 10 });
  closing.push(() => simulator.close());
  const [sn = ""] = [...simulator.plant.keys()].filter(
    (one) => simulator.plant.get(one)?.connectionAt(Date.now()).online,
  );
  const user = await login(simulator, Date.now());
  await askTopics(simulator, user, Date.now(), { sn });
  const client = await connect(simulator, user);
  const inbox = collect(client);
  await client.subscribeAsync(`ems/${sn}/data`, { qos: 1 });
  await inbox.until(2);
  expect(inbox.messages[1]?.time).toBeGreaterThan(inbox.messages[0]?.time ?? 0);
});
