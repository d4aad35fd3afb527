import { inspect } from "node:util";
import { generate } from "selfsigned";
import { describe, expect, test } from "vitest";
import { Conflict, InvalidInput } from "../../domain/errors.ts";
import { STATE_OF_CHARGE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import { VendorAuthRejected, VendorRefused, VendorTimeout, VendorUnavailable } from "../../transport/errors.ts";
import { LiveStage, SECRET, socOf, TOPIC } from "./live.fixture.ts";
import type { LiveBatch } from "./live-batch.ts";

/** The next batch's value; the stream must not be over. */
async function next(stream: AsyncGenerator<LiveBatch, void, undefined>): Promise<number | undefined> {
  return socOf((await stream.next()).value ?? undefined);
}

/** Time for whatever is on its way over loopback. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a live stream", () => {
  test("asks for the topics, subscribes, and tells what comes", async () => {
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"], { events: stage.events });
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(55.2);
    expect((await first).value).toEqual({
      topic: TOPIC,
      receivedAtMs: stage.clock.nowMs(),
      readings: [
        {
          device: "ESS-1/BMS1",
          metric: STATE_OF_CHARGE,
          timeMs: stage.clock.nowMs(),
          value: 55.2,
          quality: QUALITY.good,
        },
      ],
      issues: [],
    });
    expect(stage.topicCalls).toBe(1);
    expect(stage.greeted).toEqual([{ username: "user of login-0", password: "password of login-0", clean: false }]);
  });

  test("loses and doubles nothing over cut connections", async () => {
    const qos = 1;
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"], { events: stage.events });
    const got: (number | undefined)[] = [];
    const first = stream.next();
    await stage.subscribed();
    for (let value = 0; value < 30; value++) await stage.publish(value, qos);
    got.push(socOf((await first).value ?? undefined));
    while (got.length < 60) {
      if (got.length % 7 === 0) stage.cut();
      if (got.length === 20) for (let value = 30; value < 60; value++) await stage.publish(value, qos);
      got.push(await next(stream));
    }
    expect(got).toEqual(Array.from({ length: 60 }, (_, value) => value));
    await stage.publish(60, qos);
    expect(await next(stream)).toBe(60);
    expect(stage.topicCalls).toBe(stage.greeted.length);
    expect(stage.greeted.length).toBeGreaterThan(5);
    expect(stage.logins).toHaveLength(1);
  });

  test("keeps what the broker sent before it forgot the session", async () => {
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"], { events: stage.events });
    const first = stream.next();
    await stage.subscribed();
    for (let value = 0; value < 5; value++) await stage.publish(value);
    expect(socOf((await first).value ?? undefined)).toBe(0);
    // All five have arrived, and four wait for their release; the new broker knows nothing of them.
    await turns();
    await stage.forget();
    const got = [await next(stream), await next(stream), await next(stream), await next(stream)];
    expect(got).toEqual([1, 2, 3, 4]);
    expect(stage.events.told).toEqual(["connected", "VendorUnavailable", "connected"]);
  });

  test("what the broker sends again is told once", async () => {
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1, 1);
    expect(socOf((await first).value ?? undefined)).toBe(1);
    // Taken, and the acknowledgement does not get through.
    const gone = stage.disconnected();
    stage.cut();
    await gone;
    await stage.publish(2, 1);
    expect(await next(stream)).toBe(2);
  });

  test("what was read before the connection broke is told, though the broker sends it but once", async () => {
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    for (const value of [1, 2, 3]) await stage.publish(value, 0);
    expect(socOf((await first).value ?? undefined)).toBe(1);
    await turns();
    const gone = stage.disconnected();
    stage.cut();
    await gone;
    await turns();
    expect([await next(stream), await next(stream)]).toEqual([2, 3]);
  });

  test("the same values twice are two messages", async () => {
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1, 1);
    await stage.publish(1, 1);
    expect(socOf((await first).value ?? undefined)).toBe(1);
    expect(await next(stream)).toBe(1);
  });

  test("a message is acknowledged when the next one is asked for, and no sooner", async () => {
    await using stage = await LiveStage.open();
    const acknowledged: unknown[] = [];
    stage.broker.on("ack", (packet) => acknowledged.push(packet));
    const stream = stage.client().live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1, 1);
    await stage.publish(2, 1);
    await first;
    await turns();
    expect(acknowledged).toHaveLength(0);
    const taken = stage.acknowledged();
    expect(await next(stream)).toBe(2);
    await taken;
    expect(acknowledged).toHaveLength(1);
  });

  test("what the broker retains is told once, not at every reconnection", async () => {
    await using stage = await LiveStage.open();
    await stage.publish(1, 0, { retain: true });
    const stream = stage.client().live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    expect(socOf((await first).value ?? undefined)).toBe(1);
    await stage.publish(2, 0, { retain: true });
    expect(await next(stream)).toBe(2);
    const again = stage.subscribed();
    stage.cut();
    const third = next(stream);
    await again;
    await turns();
    await stage.publish(3);
    expect(await third).toBe(3);
  });

  test("another stream of the client is refused while one is open, and not after", async () => {
    await using stage = await LiveStage.open();
    const client = stage.client();
    const stream = client.live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    await expect(client.live(["ESS-1"]).next()).rejects.toBeInstanceOf(Conflict);
    await stage.publish(1, 1);
    await stage.publish(2, 1);
    await first;
    const gone = stage.disconnected();
    await stream.return();
    await gone;
    await stage.publish(3, 1);
    // The first was told: what is not acknowledged comes again, and is known. The second was not.
    const again = client.live(["ESS-1"]);
    expect([await next(again), await next(again)]).toEqual([2, 3]);
  });
});

describe("credentials", () => {
  test("that the broker refuses are renewed once", async () => {
    await using stage = await LiveStage.open();
    stage.refused.add("password of login-0");
    const stream = stage.client().live(["ESS-1"], { events: stage.events });
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1);
    await first;
    expect(stage.logins).toHaveLength(2);
    expect(stage.events.told).toEqual(["connected"]);
  });

  test("that changed while the topics were asked for are those that it connects with, and asks for topics with", async () => {
    await using stage = await LiveStage.open();
    let logins = 0;
    const paths: string[] = [];
    stage.answer = ({ target }) => {
      if (target.endsWith("/comm/client")) {
        const of = `login-${logins++}`;
        const login = { id: `id of ${of}`, username: `user of ${of}`, password: `password of ${of}`, token: of };
        return { status: 200, body: JSON.stringify(login) };
      }
      paths.push(decodeURIComponent(target));
      return paths.length === 1 ? { status: 401, body: "{}" } : undefined;
    };
    const first = stage.client().live(["ESS-1"]).next();
    await stage.subscribed();
    await stage.publish(1);
    await first;
    expect(stage.greeted.map(({ password }) => password)).toEqual(["password of login-1"]);
    const asked = paths.map((path) => /id of login-\d/.exec(path)?.[0]);
    expect(asked).toEqual(["id of login-0", "id of login-1", "id of login-1"]);
  });

  test("that are refused when fresh end the stream, and no secret shows", async () => {
    await using stage = await LiveStage.open();
    for (const login of [0, 1]) stage.refused.add(`password of login-${login}`);
    const failure = await stage
      .client()
      .live(["ESS-1"])
      .next()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(VendorAuthRejected);
    expect(stage.logins).toHaveLength(2);
    const dump = inspect(failure, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    for (const secret of [SECRET, "password of", "user of", "login-1"]) expect(dump).not.toContain(secret);
  });

  test("are renewed when the broker refuses them at a reconnection", async () => {
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"], { events: stage.events });
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1);
    await first;
    stage.refused.add("password of login-0");
    stage.cut();
    await stage.publish(2);
    expect(await next(stream)).toBe(2);
    expect(stage.greeted.at(-1)?.password).toBe("password of login-1");
    expect(stage.events.told).toEqual(["connected", "VendorUnavailable", "connected again"]);
  });
});

describe("credentials that the broker refuses again and again", () => {
  test("are renewed each time, as long as fresh ones are taken", async () => {
    await using stage = await LiveStage.open();
    stage.refused.add("password of login-0");
    const stream = stage.client().live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1);
    await first;
    stage.refused.add("password of login-1");
    stage.cut();
    await stage.publish(2);
    expect(await next(stream)).toBe(2);
    expect(stage.logins).toHaveLength(3);
  });
});

describe("trouble", () => {
  test("a broker that cannot be reached is tried as often as it is said, and told each time", async () => {
    await using stage = await LiveStage.open();
    const { port } = stage;
    const elsewhere = stage.client({ mqttUrl: "mqtt://127.0.0.1:1" });
    expect(port).not.toBe(1);
    const stream = elsewhere.live(["ESS-1"], { events: stage.events, attemptsMax: 3 });
    await expect(stream.next()).rejects.toBeInstanceOf(VendorUnavailable);
    expect(stage.events.told).toEqual(["VendorUnavailable", "VendorUnavailable"]);
    expect(stage.topicCalls).toBe(3);
  });

  test("attempts count in a row: a connection that brings something, or holds, ends it", async () => {
    await using stage = await LiveStage.open();
    const stream = stage.client().live(["ESS-1"], { attemptsMax: 2, events: stage.events });
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1);
    await first;
    for (const value of [2, 3]) {
      stage.cut();
      await stage.publish(value);
      expect(await next(stream)).toBe(value);
    }
    const last = next(stream);
    for (let loss = 0; loss < 3; loss++) {
      await turns();
      await stage.clock.advance(30_000);
      const again = stage.subscribed();
      stage.cut();
      await again;
    }
    await turns();
    await stage.publish(4);
    expect(await last).toBe(4);
    expect(stage.events.told).not.toContain("VendorTimeout");
  });

  test("a vendor that asks for patience is left alone for as long, and the stream says so", async () => {
    await using stage = await LiveStage.open();
    let held = false;
    stage.answer = ({ target }) => {
      if (held || !target.includes("/topic/")) return undefined;
      held = true;
      return { status: 429, headers: { "retry-after": "300" }, body: "{}" };
    };
    const waits: number[] = [];
    const events = { onLost: (_error: unknown, retryInMs: number) => waits.push(retryInMs) };
    const first = stage.client().live(["ESS-1"], { events }).next();
    const subscribed = stage.subscribed();
    await stage.clock.advance(299_999);
    expect(stage.network.seen).toHaveLength(2);
    await stage.clock.advance(1);
    await subscribed;
    await stage.publish(1);
    await first;
    expect(waits).toEqual([300_000]);
  });

  test("a broker that says nothing is left", async () => {
    await using stage = await LiveStage.open();
    stage.broker.authenticate = () => stage.events.told.push("asked");
    const stream = stage.client({ requestTimeoutMs: 1000 }).live(["ESS-1"], { attemptsMax: 1 });
    const first = stream.next().catch((error: unknown) => error);
    while (stage.events.told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await stage.clock.advance(1000);
    expect(await first).toBeInstanceOf(VendorTimeout);
  });

  test("a cabinet that the vendor refuses does not cost the others", async () => {
    await using stage = await LiveStage.open();
    stage.answer = ({ target }) =>
      target.includes("ESS-2") ? { status: 404, body: '{"code":404,"message":"unknown"}' } : undefined;
    const stream = stage.client().live(["ESS-2", "ESS-1"], { events: stage.events });
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(7);
    expect(socOf((await first).value ?? undefined)).toBe(7);
    expect(stage.events.told).toEqual(["refused ESS-2", "connected"]);
  });

  test("a vendor that refuses all cabinets ends the stream", async () => {
    await using stage = await LiveStage.open();
    stage.answer = ({ target }) => (target.includes("/topic/") ? { status: 404, body: "{}" } : undefined);
    await expect(stage.client().live(["ESS-1"]).next()).rejects.toBeInstanceOf(VendorRefused);
  });

  test("a broker that gives no topic ends the stream", async () => {
    await using stage = await LiveStage.open({
      broker: { authorizeSubscribe: (_client, _subscription, done) => done(null, null) },
    });
    const stream = stage.client().live(["ESS-1"], { events: stage.events });
    await expect(stream.next()).rejects.toBeInstanceOf(VendorRefused);
    expect(stage.events.told).toEqual(["connected", `refused ${TOPIC}`]);
  });

  test("a vendor that is down for a while is waited for", async () => {
    await using stage = await LiveStage.open();
    let left = 10;
    stage.answer = () => (left-- > 0 ? "cut" : undefined);
    const first = stage.client().live(["ESS-1"], { events: stage.events }).next();
    await stage.subscribed();
    await stage.publish(1);
    expect(socOf((await first).value ?? undefined)).toBe(1);
    expect(stage.events.told).toContain("VendorUnavailable");
  });

  test.each([[[""]], [[".."]], [["\ud800"]]])("%j is not asked for", async (sns) => {
    await using stage = await LiveStage.open();
    await expect(stage.client().live(sns).next()).rejects.toBeInstanceOf(InvalidInput);
    expect(stage.network.seen).toHaveLength(0);
  });
});

describe("stopping", () => {
  test("an abort ends the stream at once with the signal's reason, and leaves the broker", async () => {
    await using stage = await LiveStage.open();
    const stop = new AbortController();
    const reason = new Error("enough");
    const first = stage.client().live(["ESS-1"], { signal: stop.signal }).next();
    await stage.subscribed();
    const gone = stage.disconnected();
    stop.abort(reason);
    await expect(first).rejects.toBe(reason);
    await gone;
  });

  test("closing the client ends the stream and leaves the broker, however busy the consumer is", async () => {
    await using stage = await LiveStage.open();
    const client = stage.client();
    const stream = client.live(["ESS-1"]);
    const first = stream.next();
    await stage.subscribed();
    await stage.publish(1);
    await first;
    const gone = stage.disconnected();
    await client.close();
    await gone;
    await expect(stream.next()).rejects.toMatchObject({ name: "AbortError" });
  });

  test("no cabinet, no stream", async () => {
    await using stage = await LiveStage.open();
    expect(await stage.client().live([]).next()).toEqual({ done: true, value: undefined });
    expect(stage.network.seen).toHaveLength(0);
  });
});

describe("over TLS", () => {
  test("the broker's certificate is checked against the one that is given, and against none other", async () => {
    const names = [{ name: "commonName", value: "localhost" }];
    const pems = await generate(names, {
      keyType: "ec",
      extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
    });
    await using stage = await LiveStage.open({ tls: { key: pems.private, cert: pems.cert } });
    const mqttUrl = `mqtts://127.0.0.1:${stage.port}`;
    const trusting = stage.client({ mqttUrl, mqttCa: pems.cert });
    const first = trusting.live(["ESS-1"]).next();
    await stage.subscribed();
    await stage.publish(3);
    expect(socOf((await first).value ?? undefined)).toBe(3);

    const doubting = stage.client({ mqttUrl });
    const failure = await doubting
      .live(["ESS-1"], { attemptsMax: 1 })
      .next()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(VendorUnavailable);
    expect(String(failure)).toContain("certificate");
    expect(stage.greeted).toHaveLength(1);
  });
});
