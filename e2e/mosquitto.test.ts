import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { expect, test } from "vitest";
import { ElecnovaClient, type LiveDecoder } from "../src/vendors/elecnova/index.ts";
import { type BrokerAccount, MosquittoBroker } from "./mosquitto-broker.ts";
import { temporaryFolder } from "./server-process.ts";

const TOPIC = "ems/ESS-001/data";
const PUBLISHER = { username: "publisher", password: "publisher-password" };
const MESSAGES = 300;
const RESTARTS = 3;
const CUT_EVERY = 20;

/** The vendor's cloud as far as the broker needs it: every login brings another user. */
class Cloud implements AsyncDisposable {
  logins = 0;
  readonly #server = createServer((request, response) => {
    const answer = request.url === "/comm/client" ? this.#login() : [{ topic: TOPIC }];
    response.end(JSON.stringify(answer));
  });

  static async start(): Promise<Cloud> {
    const cloud = new Cloud();
    cloud.#server.listen(0, "127.0.0.1");
    await once(cloud.#server, "listening");
    return cloud;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  account(login: number): BrokerAccount {
    return { username: `user-${login}`, password: `password-${login}` };
  }

  #login(): object {
    return { id: "client-1", ...this.account(++this.logins), token: `token-${this.logins}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A reading for each message, its number as the value. */
const numbered: LiveDecoder = ({ payload, receivedAtMs }) => ({
  readings: [
    {
      device: "ESS-001",
      metric: { name: "number", unit: "1", kind: "gauge" },
      timeMs: receivedAtMs,
      value: Number(new TextDecoder().decode(payload)),
      quality: 0,
    },
  ],
  issues: [],
});

test.each([1, 2] as const)(
  "Debian's broker, cut off and restarted with other credentials under way, QoS %d: every message once, in order",
  async (qos) => {
    using folder = temporaryFolder();
    await using cloud = await Cloud.start();
    await using broker = await MosquittoBroker.start(folder.path, [PUBLISHER, cloud.account(1)]);
    await using client = new ElecnovaClient({
      baseUrl: cloud.url,
      clientId: "demo-client",
      clientSecret: "demo-secret",
      mqttUrl: broker.fragileUrl,
      mqttCa: broker.certificate,
      liveDecoder: numbered,
      // Connects again without patience, so that many connections fit into the test.
      random: () => 0.01,
    });
    const numbers: number[] = [];
    let connections = 0;
    const listening = (async () => {
      for await (const { readings } of client.live(["ESS-001"], { events: { onConnected: () => connections++ } })) {
        numbers.push(...readings.map(({ value }) => value));
        if (numbers.at(-1) === MESSAGES) return;
      }
    })();

    let publisher = await publisherOf(broker);
    // Until the subscription stands, nothing is kept for it.
    while (numbers.length === 0) {
      await publisher.publishAsync(TOPIC, "0", { qos });
      await delay(20);
    }
    const restartEvery = MESSAGES / (RESTARTS + 1);
    for (let number = 1; number <= MESSAGES; number++) {
      await publisher.publishAsync(TOPIC, String(number), { qos });
      if (number % CUT_EVERY === 0) broker.cut();
      if (number % restartEvery === 0 && number < MESSAGES) {
        await publisher.endAsync();
        await broker.stop();
        broker.setAccounts([PUBLISHER, cloud.account(cloud.logins + 1)]);
        const before = connections;
        await broker.run();
        // Credentials that change again before they were used are refused for good, and rightly.
        while (connections === before) await delay(10);
        publisher = await publisherOf(broker);
      }
    }
    await publisher.endAsync();
    await listening;

    expect(numbers.filter((number) => number > 0)).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
    expect(connections).toBeGreaterThan(RESTARTS);
    expect(cloud.logins).toBeGreaterThan(1);
  },
);

function publisherOf({ url, certificate }: MosquittoBroker): Promise<MqttClient> {
  return connectAsync(url, { ...PUBLISHER, ca: certificate, protocolVersion: 4, reconnectPeriod: 0 });
}
