import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let port: number;

beforeEach(async () => {
  server = await startApiServer();
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const address = server.app.server.address();
  if (address === null || typeof address === "string") throw new Error("listens nowhere");
  ({ port } = address);
});

afterEach(() => server.close());

/** All that comes back for text that is sent as it is. */
function sent(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", (piece: string) => {
      answer += piece;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}

const get = (path: string, headers = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: k\r\nConnection: close\r\n${headers}\r\n`;

test.each([
  ["a method that no route has", get("/api/v1/sites").replace("GET", "PURGE"), 404],
  ["a path that no route has", get("/nowhere"), 404],
  ["a path that is not percent-encoded well", get("/api/v1/sites/%c0%ae/latest"), 400],
  ["a head that is too long", get("/healthz", `X: ${"x".repeat(70_000)}\r\n`), 431],
  ["what is no request", "\u0000\r\n\r\n", 400],
])("%s is answered with a problem", async (_what, text, status) => {
  const [head = "", body = ""] = (await sent(text)).split("\r\n\r\n");
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toMatch(/content-type: application\/problem\+json/i);
  expect(JSON.parse(body)).toMatchObject({ type: "about:blank", status });
});
