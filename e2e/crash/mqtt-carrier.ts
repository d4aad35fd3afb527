import mqtt from "mqtt";
import type { SentReading } from "./ledger.ts";
import type { Carrier, Outcome } from "./senders.ts";

const CONNECT_MS_MAX = 10_000;
/** A broker that acknowledges nothing for longer hangs. */
const ANSWER_MS_MAX = 30_000;

export interface MqttOptions {
  readonly url: string;
  readonly password?: string;
  readonly topicOf: (reading: SentReading) => string;
  readonly payloadOf: (reading: SentReading) => string;
}

/**
 * Connects, or answers null when nobody listens. Messages of QoS 1 over one connection, one reading each: a batch must hold one, since a PUBACK speaks for its message alone. A message that
 * is not acknowledged is sent again by the sender, not by the client, so that the ledger knows of every attempt.
 */
export async function mqttCarrier(options: MqttOptions): Promise<Carrier | null> {
  const { url, password, topicOf, payloadOf } = options;
  const client = await mqtt
    .connectAsync(
      url,
      {
        protocolVersion: 4,
        reconnectPeriod: 0,
        connectTimeout: CONNECT_MS_MAX,
        ...(password === undefined ? {} : { username: "crash", password }),
      },
      false,
    )
    .catch(() => null);
  if (!client) return null;
  // Without a listener an error of the connection would end the test's process; "close" follows it.
  client.on("error", () => {});
  const closed = new Promise<Outcome>((resolve) => client.once("close", () => resolve("unanswered")));
  return {
    isCutToRefuse: true,
    async send(batch) {
      const [reading, ...others] = batch;
      if (!reading || others.length > 0) throw new RangeError("an MQTT batch holds one reading");
      const published = client.publishAsync(topicOf(reading), payloadOf(reading), { qos: 1 }).then(
        (): Outcome => "acked",
        (): Outcome => "unanswered",
      );
      const cut = new AbortController();
      const late = silence(cut.signal);
      const outcome = await Promise.race([published, closed, late]);
      cut.abort();
      return outcome;
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
    },
  };
}

/** Resolves after `ANSWER_MS_MAX`, or never when `cut` aborts before. */
function silence(cut: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ANSWER_MS_MAX, "unanswered");
    cut.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}
