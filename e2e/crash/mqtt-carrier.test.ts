import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { Aedes } from "aedes";
import { expect, test } from "vitest";
import { mqttCarrier } from "./mqtt-carrier.ts";

const READING = { name: "crash-mqtt0-1", timeMs: 1_704_067_200_000, value: 2.5 };

test("a reading counts as acked when its PUBACK comes, and as unanswered when the broker dies before", async () => {
  const sockets = new Set<Socket>();
  const received: string[] = [];
  let mayAck = true;
  const broker = await Aedes.createBroker();
  broker.authorizePublish = (_client, packet, done) => {
    received.push(`${packet.topic} ${packet.payload.toString()}`);
    // A broker that never calls back acknowledges nothing.
    if (mayAck) done(null);
  };
  const listener = createServer((socket) => {
    sockets.add(socket);
    broker.handle(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const carrier = await mqttCarrier({
    url: `mqtt://127.0.0.1:${port}`,
    topicOf: ({ name }) => `site/${name}`,
    payloadOf: ({ timeMs, value }) => `${timeMs} ${value}`,
  });
  if (!carrier) throw new Error("nobody listens");
  try {
    expect(await carrier.send([READING])).toBe("acked");
    expect(received).toEqual(["site/crash-mqtt0-1 1704067200000 2.5"]);
    mayAck = false;
    const sending = carrier.send([READING]);
    await expect.poll(() => received.length).toBe(2);
    for (const socket of sockets) socket.destroy();
    expect(await sending).toBe("unanswered");
    await expect(carrier.send([READING, READING])).rejects.toThrow(RangeError);
  } finally {
    await carrier[Symbol.asyncDispose]();
    listener.close();
    await new Promise<void>((closed) => broker.close(() => closed()));
  }
});
