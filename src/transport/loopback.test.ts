import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { systemClock } from "../domain/clock.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { Caller, type CallerOptions } from "./caller.ts";
import { VendorProtocolError, VendorTimeout, VendorUnavailable } from "./errors.ts";
import { Limiter } from "./limiter.ts";

const request = { method: "GET", path: "/", schema: z.object({ ok: z.boolean() }) } as const;
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Speaks raw TCP: what it does with a connection's first bytes. */
function tcp(onRequest: (socket: Socket) => void): Promise<number> {
  return listen(
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => onRequest(socket));
    }),
  );
}

function http(onRequest: RequestListener): Promise<number> {
  return listen(createHttpServer(onRequest));
}

function callerOf(port: number, options: Partial<CallerOptions> = {}): Caller {
  const caller = new Caller({
    vendor: "Acme",
    baseUrl: `http://127.0.0.1:${port}`,
    limiter: new Limiter({ budgets: [], clock: systemClock }),
    retriesMax: 0,
    ...options,
  });
  open.push(() => caller.close());
  return caller;
}

describe("over a real socket", () => {
  test("connections are kept alive for the next call", async () => {
    const ports = new Set<number | undefined>();
    const port = await http((incoming, outgoing) => {
      ports.add(incoming.socket.remotePort);
      outgoing.end('{"ok":true}');
    });
    const caller = callerOf(port);
    for (let call = 0; call < 5; call++) expect((await caller.call(request)).value).toEqual({ ok: true });
    // A connection is free again a moment after its answer, so that a second one may take turns with it.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test("a redirect is not followed", async () => {
    let requests = 0;
    const port = await http((_incoming, outgoing) => {
      requests++;
      outgoing.writeHead(307, { location: "http://127.0.0.1:1/elsewhere" }).end();
    });
    await expect(callerOf(port).call(request)).rejects.toThrow("redirects to http://127.0.0.1:1/elsewhere");
    expect(requests).toBe(1);
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ["closes without a word", (socket) => socket.end(), "the connection was cut"],
    ["resets", (socket) => socket.resetAndDestroy(), "the connection was cut"],
    [
      "cuts the answer short",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
      "the connection was cut",
    ],
    ["does not speak HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"), "does not match the HTTP/1.1 protocol"],
  ])("a vendor that %s is unavailable", async (_name, behave, words) => {
    const failure = callerOf(await tcp(behave)).call(request);
    await expect(failure).rejects.toBeInstanceOf(VendorUnavailable);
    await expect(failure).rejects.toThrow(words);
  });

  test("a refused connection is unavailable, and says so", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(callerOf(port).call(request)).rejects.toThrow(
      "Acme cannot be reached: the connection was refused (ECONNREFUSED).",
    );
  });

  test("an answer without end is cut off at its limit", async () => {
    let socketClosed: Promise<void> | undefined;
    const port = await http((_incoming, outgoing) => {
      socketClosed = new Promise((resolve) => outgoing.on("close", resolve));
      const pour = (): void => {
        while (outgoing.write("x".repeat(10_000)));
      };
      outgoing.on("drain", pour);
      pour();
    });
    const error = await callerOf(port, { answerBytesMax: 100_000 })
      .call(request)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(VendorProtocolError);
    await socketClosed;
  });

  test.each<[string, RequestListener]>([
    ["before its head", () => {}],
    ["within its body", (_incoming, outgoing) => void outgoing.write('{"ok"')],
  ])("an answer that hangs %s times out, and its socket goes", async (_name, behave) => {
    const clock = new VirtualClock();
    let arrived: () => void = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    let socketClosed: Promise<void> | undefined;
    const port = await http((incoming, outgoing) => {
      socketClosed = new Promise((resolve) => incoming.socket.on("close", () => resolve()));
      behave(incoming, outgoing);
      arrived();
    });
    const caller = callerOf(port, { clock, requestTimeoutMs: 5000 });
    const failure = caller.call(request).catch((thrown: unknown) => thrown);
    await arrival;
    await clock.advance(5000);
    expect(await failure).toBeInstanceOf(VendorTimeout);
    await socketClosed;
  });

  test("an abort closes the socket under the request", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    let socketClosed: Promise<void> | undefined;
    const port = await http((incoming) => {
      socketClosed = new Promise((resolve) => incoming.socket.on("close", () => resolve()));
      stop.abort(reason);
    });
    await expect(callerOf(port).call(request, { signal: stop.signal })).rejects.toBe(reason);
    await socketClosed;
  });

  test("a 103 before the answer is not the answer", async () => {
    const port = await tcp((socket) =>
      socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"ok":true}'),
    );
    expect((await callerOf(port).call(request)).value).toEqual({ ok: true });
  });

  test("`await using` closes it", async () => {
    const port = await http((_incoming, outgoing) => outgoing.end('{"ok":true}'));
    let kept: Caller;
    {
      await using caller = callerOf(port);
      await caller.call(request);
      kept = caller;
    }
    await expect(kept.call(request)).rejects.toThrow("closed");
  });
});
