import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BodyLimits } from "../../src/server/body/limits.ts";
import { BODY_LIMITS } from "../../src/server/body/limits.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

/** Small, so that each edge is cheap to reach. */
const LIMITS: Partial<BodyLimits> = {
  wireBytesMax: 10_000,
  unpackedBytesMax: 40_000,
  ratioMax: 10,
  ratioFreeBytes: 15_000,
  bodiesMax: 3,
  heldBytesMax: 12_000,
};

let server: ApiServer;
let port: number;
const sockets = new Set<Socket>();
beforeEach(async () => {
  server = await startApiServer({ openData: true, bodyLimits: LIMITS });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const address = server.app.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await server.close();
});

/** A connection that says what it wants, byte by byte, and keeps what it hears. */
class Sender {
  readonly socket: Socket;
  heard = "";
  isClosed = false;

  constructor() {
    this.socket = connect(port, "127.0.0.1");
    sockets.add(this.socket);
    this.socket.setEncoding("latin1").on("data", (text: string) => (this.heard += text));
    this.socket.on("error", () => {}).once("close", () => (this.isClosed = true));
  }

  head(path: string, ...headers: string[]): this {
    return this.send([`POST ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headers, "", ""].join("\r\n"));
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Resolves once what was heard matches. */
  async hear(wanted: RegExp): Promise<string> {
    while (!wanted.test(this.heard)) {
      if (this.isClosed) throw new Error(`closed after: ${this.heard}`);
      await Promise.race([once(this.socket, "data"), once(this.socket, "close")]);
    }
    return this.heard;
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, "close");
  }
}

const bodiesAre = (count: number) => expect.poll(() => server.bodies().bodies).toBe(count);
const lines = (bytes: number): string => `${"1 a 1\n".repeat(Math.floor(bytes / 6))}${"\n".repeat(bytes % 6)}`;
const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}/data`, { method: "POST", body: new Uint8Array(Buffer.from(payload)), headers });

describe("a body", () => {
  test("comes in any pieces, and is stored once it is whole", async () => {
    const sender = new Sender().head("/data", "Transfer-Encoding: chunked");
    for (const byte of "10 Voltage 1.5\n11 Voltage 2.5\n") {
      sender.send(`1\r\n${byte}\r\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.pipeline.counts.readings).toBe(0);
    sender.send("0\r\n\r\n");
    await sender.hear(/\r\n\r\n\{"success":true\}/);
    expect(server.pipeline.counts.readings).toBe(2);
  });

  test.each([
    ["with a length", ["Content-Length: 1000"], "1 a 1\n2 a 2\n"],
    ["in chunks", ["Transfer-Encoding: chunked"], "c\r\n1 a 1\n2 a 2\n\r\n"],
    ["packed", ["Content-Encoding: gzip", "Content-Length: 1000"], gzipSync("1 a 1\n2 a 2\n")],
  ])("that is cut, sent %s, stores nothing", async (_case, headers, piece) => {
    const sender = new Sender().head("/data", ...headers).send(piece);
    await bodiesAre(1);
    sender.socket.destroy();
    await bodiesAre(0);
    expect(server.pipeline.counts.readings).toBe(0);
    expect(server.sources.counts.all().get("data")).toMatchObject({ refused: 1, requests: 0 });
  });

  test("may be as long as the limit, and not a byte longer", async () => {
    expect((await post(lines(10_000))).status).toBe(200);
    const longer = await post(lines(10_001));
    expect(longer.status).toBe(413);
    expect(await longer.json()).toEqual({ success: false, message: expect.stringContaining("10000 bytes") as string });
  });

  test("that says it is too long is refused before it comes", async () => {
    const sender = new Sender().head("/data", "Content-Length: 1000000000");
    const heard = await sender.hear(/"success":false/);
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toMatch(/connection: close/i);
  });

  test("without an end is refused while it comes, and the connection goes", async () => {
    const sender = new Sender().head("/api/v2/write", "Transfer-Encoding: chunked", "Authorization: Bearer none");
    expect(await sender.hear(/unauthorized/)).toMatch(/^HTTP\/1\.1 401 /);
    const endless = new Sender().head("/data", "Transfer-Encoding: chunked");
    const piece = `ffc\r\n${"1 a 1\n".repeat(682)}\r\n`;
    let sent = 0;
    for (; !endless.isClosed && sent < 100_000; sent++) {
      if (!endless.send(piece).socket.writable) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await endless.closed();
    expect(endless.heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(20_000);
    expect(server.pipeline.counts.readings).toBe(0);
  });

  test("that is malformed is refused at once, and not waited for", async () => {
    const sender = new Sender().head("/data", "Content-Length: 9000").send("1 a 1\nnonsense\n");
    expect(await sender.hear(/line 2/)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("that is small and refused keeps its connection", async () => {
    const sender = new Sender().head("/data", "Content-Length: 9").send("nonsense\n");
    await sender.hear(/line 1/);
    sender.head("/data", "Content-Length: 6").send("1 a 1\n");
    await sender.hear(/"success":true/);
  });
});

describe("a packed body", () => {
  const gzip = { "content-encoding": "gzip" };

  test("may unpack to the limit, and not to more", async () => {
    const answers = await Promise.all([post(gzipSync(lines(15_000)), gzip), post(gzipSync(lines(15_006)), gzip)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 413]);
  });

  test("that is a bomb costs little and stores nothing", async () => {
    const bomb = gzipSync(Buffer.alloc(4 * 1_048_576, "1 a 1\n"));
    expect(bomb.length).toBeLessThan(10_000);
    const answer = await post(bomb, gzip);
    expect(answer.status).toBe(413);
    expect(server.bodies().heldBytes).toBe(0);
    expect(server.pipeline.counts.readings).toBe(0);
  });
});

describe("bodies at once", () => {
  test("are as many as the limit says; the next is asked to come back", async () => {
    const senders = [1, 2, 3].map(() => new Sender().head("/data", "Content-Length: 6").send("1 a "));
    await bodiesAre(3);
    const refused = await post("1 a 1\n");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    for (const sender of senders) sender.send("1\n");
    await Promise.all(senders.map((sender) => sender.hear(/"success":true/)));
    expect((await post("1 a 1\n")).status).toBe(200);
  });

  test("hold so many bytes together; one alone may have more", async () => {
    const first = new Sender().head("/data", "Content-Length: 10000").send(lines(6_000));
    await expect.poll(() => server.bodies().heldBytes).toBe(6_000);
    expect((await post(lines(6_000))).status).toBe(200);
    expect((await post(lines(6_001))).status).toBe(503);
    first.send(lines(4_000));
    await first.hear(/"success":true/);
    expect(server.bodies().heldBytes).toBe(0);
  });
});

describe("a slow sender", () => {
  test("that falls silent is refused after the stated time", async () => {
    const sender = new Sender().head("/data", "Content-Length: 600").send("1 a 1\n");
    await bodiesAre(1);
    await server.clock.advance(BODY_LIMITS.silenceMsMax);
    sender.send("1 a 1\n");
    await expect.poll(() => server.bodies().heldBytes).toBe(12);
    await server.clock.advance(BODY_LIMITS.silenceMsMax);
    expect(sender.heard).toBe("");
    await server.clock.advance(1_000);
    expect(await sender.hear(/"success":false/)).toMatch(/^HTTP\/1\.1 408 /);
    expect(server.pipeline.counts.readings).toBe(0);
    expect(server.bodies().bodies).toBe(0);
  });

  test("that drips is refused, too", async () => {
    const sender = new Sender().head("/data", "Content-Length: 9000");
    await bodiesAre(1);
    let held = 0;
    for (let second = 0; second < 40 && sender.heard === ""; second++) {
      sender.send("1 a 1\n");
      held += 6;
      const expected = held;
      await expect.poll(() => server.bodies().heldBytes === expected || sender.heard !== "").toBe(true);
      await server.clock.advance(1_000);
    }
    expect(await sender.hear(/less than 1024 bytes a second/)).toMatch(/^HTTP\/1\.1 408 /);
    expect(server.clock.monotonicMs()).toBeLessThanOrEqual(BODY_LIMITS.paceAfterMs + 2_000);
  });
});
