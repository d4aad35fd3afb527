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

/** The vendor's cloud as far as the broker needs it: logins bring the account that holds now. */
class Cloud implements AsyncDisposable {
  account = 1;
  /** What the latest login brought. */
  accountGiven = 0;
  #logins = 0;
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

  #login(): object {
    this.accountGiven = this.account;
    return { id: "client-1", ...brokerAccount(this.account), token: `token-${++this.#logins}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function brokerAccount(account: number): BrokerAccount {
  return { username: `user-${account}`, password: `password-${account}` };
}

/** Who may connect while `account` holds. The next one may, too: which of cloud and broker changes first is not the client's to know. */
function accountsOf(account: number): BrokerAccount[] {
  return [PUBLISHER, brokerAccount(account), brokerAccount(account + 1)];
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
    await using broker = await MosquittoBroker.start(folder.path, accountsOf(cloud.account));
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
    let accountTaken = 0;
    const onConnected = (): void => {
      connections++;
      accountTaken = cloud.accountGiven;
    };
    // Flow analysis does not see that a callback sets it.
    const ended: { failure: Error | null } = { failure: null };
    const listening = (async () => {
      for await (const { readings } of client.live(["ESS-001"], { events: { onConnected } })) {
        numbers.push(...readings.map(({ value }) => value));
        if (numbers.at(-1) === MESSAGES) return;
      }
    })().catch((error: Error) => {
      ended.failure = error;
    });
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) {
        if (ended.failure) throw ended.failure;
        await delay(10);
      }
    };

    let publisher = await publisherOf(broker);
    // Until the subscription stands, nothing is kept for it.
    await until(() => accountTaken === cloud.account);
    while (numbers.length === 0) {
      if (ended.failure) throw ended.failure;
      await publisher.publishAsync(TOPIC, "0", { qos });
      await delay(20);
    }
    const restartEvery = MESSAGES / (RESTARTS + 1);
    for (let number = 1; number <= MESSAGES; number++) {
      await publisher.publishAsync(TOPIC, String(number), { qos });
      if (number % CUT_EVERY === 0) broker.cut();
      if (number % restartEvery === 0 && number < MESSAGES) {
        await publisher.endAsync();
        cloud.account++;
        await broker.stop();
        broker.setAccounts(accountsOf(cloud.account));
        await broker.run();
        await until(() => accountTaken === cloud.account);
        publisher = await publisherOf(broker);
      }
    }
    await publisher.endAsync();
    await listening;
    if (ended.failure) throw ended.failure;

    expect(numbers.filter((number) => number > 0)).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
    expect(connections).toBeGreaterThan(RESTARTS);
    expect(accountTaken).toBe(1 + RESTARTS);
  },
);

function publisherOf({ url, certificate }: MosquittoBroker): Promise<MqttClient> {
  return connectAsync(url, { ...PUBLISHER, ca: certificate, protocolVersion: 4, reconnectPeriod: 0 });
}
