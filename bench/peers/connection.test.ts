import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { type Address, Connection } from "./connection.ts";
import { sendAll, sendPaced } from "./load.ts";

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** A server that answers each request with the next text, cut into pieces of so many bytes. */
async function answering(texts: readonly string[], pieceBytes: number): Promise<Address> {
  let answered = 0;
  server = createServer({ noDelay: true }, (socket) => {
    let received = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      const end = received.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (end < 0 || received.length < end + 4 + length) return;
      received = "";
      const text = texts[answered++ % texts.length] ?? "";
      for (let at = 0; at < text.length; at += pieceBytes) socket.write(text.slice(at, at + pieceBytes), "latin1");
      if (/connection: close/i.test(text)) socket.end();
    });
  });
  return listening(server);
}

async function listening(onServer: Server): Promise<Address> {
  await new Promise<void>((ready) => onServer.listen(0, "127.0.0.1", ready));
  const address = onServer.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { host: "127.0.0.1", port: address.port };
}

const PLAIN = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab\n\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
const EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";
const BUSY = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

test.each([1, 2, 7, 1_000])(
  "reads every kind of answer on one connection, in pieces of %i bytes",
  async (pieceBytes) => {
    const connection = new Connection(await answering([PLAIN, CHUNKED, EMPTY], pieceBytes));
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await connection.send("GET /", "", null));
    connection.close();
    const expected = [
      [200, "hello"],
      [200, "ab\n0123456789abcdef"],
      [204, ""],
    ];
    expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([...expected, ...expected]);
  },
);

test("a body that is put off is sent again on a new connection, and counted once", async () => {
  const address = await answering([BUSY, EMPTY, EMPTY], 1_000);
  const target = {
    address,
    writeRequest: () => ({ start: "POST /", headers: "" }),
    isAck: (_form: string, status: number) => status === 204,
  };
  const bodies = [
    { bytes: new Uint8Array(3), lines: 10 },
    { bytes: new Uint8Array(3), lines: 5 },
  ];
  const load = await sendAll(target, "line", bodies, 1);
  expect(load).toMatchObject({ lines: 15, putOff: 1 });
  expect(load.acksMs).toHaveLength(2);
});

test("an answer that is no ack ends the load with what it says", async () => {
  const address = await answering(["HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nno\r\n"], 1_000);
  const target = { address, writeRequest: () => ({ start: "POST /w", headers: "" }), isAck: () => false };
  await expect(sendAll(target, "line", [{ bytes: new Uint8Array(1), lines: 1 }], 2)).rejects.toThrow(
    /POST \/w answered 400/,
  );
});

test("what waits behind a slow answer counts from when it was due", async () => {
  const clock = new VirtualClock();
  const answerMs = 60;
  server = createServer({ noDelay: true }, (socket) => {
    socket.on("data", () => void clock.advance(answerMs).then(() => socket.write(EMPTY)));
  });
  const target = {
    address: await listening(server),
    writeRequest: () => ({ start: "POST /", headers: "" }),
    isAck: () => true,
  };
  const bodies = Array.from({ length: 4 }, () => ({ bytes: new Uint8Array(1), lines: 1 }));
  // Due at 0, 10, 20 and 30 ms; the one connection takes them one after another.
  const { acksMs, tookMs } = await sendPaced(target, "line", bodies, { connections: 1, linesPerS: 100 }, clock);
  expect(acksMs).toEqual([60, 110, 160, 210]);
  expect(tookMs).toBe(240);
});
