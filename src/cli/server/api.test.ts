import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { CommandFailed } from "../exit-codes.ts";
import { ServerApi } from "./api.ts";
import { ServerBusy, ServerRefused, ServerUnreachable } from "./errors.ts";
import { Site } from "./shapes.ts";

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

let server: Server;
let api: ServerApi;
let seen: Seen[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method, url, authorization: headers.authorization, body });
      answer(response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  api = new ServerApi({ url: `http://127.0.0.1:${port}/base`, apiKey: "kw_secret" });
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const answering =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end(body);

async function failure(asked: Promise<unknown>): Promise<Error> {
  return asked.then(
    () => new Error("it succeeded"),
    (error: unknown) => error as Error,
  );
}

const SITE = { id: "1", name: "S", timezone: "UTC" };

describe("a server's answer", () => {
  test("is read, and asked for with the key, below the address's own path", async () => {
    answer = answering(200, JSON.stringify({ ...SITE, peakPowerW: 5 }));
    expect(await api.get(Site, "/sites/1", { a: "b c", none: undefined })).toEqual(SITE);
    expect(seen).toEqual([
      { method: "GET", url: "/base/api/v1/sites/1?a=b+c", authorization: "Bearer kw_secret", body: "" },
    ]);
  });

  test("to a change, a put and a deletion is read, and null where it is empty", async () => {
    answer = answering(200, JSON.stringify(SITE));
    expect(await api.change(Site, "/sites/1", { name: "S" })).toEqual(SITE);
    expect(await api.put(Site, "/sites/1", { name: "S" })).toEqual(SITE);
    answer = answering(204, "");
    expect(await api.delete(z.null(), "/sites/1")).toBeNull();
    expect(seen.map(({ method, body }) => [method, body])).toEqual([
      ["PATCH", '{"name":"S"}'],
      ["PUT", '{"name":"S"}'],
      ["DELETE", ""],
    ]);
  });

  test("of lines is awaited until they are stored", async () => {
    answer = answering(204, "");
    await api.write(Buffer.from("a value=1 1\n"));
    expect(seen).toMatchObject([{ method: "POST", url: "/base/api/v2/write?precision=ms", body: "a value=1 1\n" }]);
  });

  test.each([
    ["a problem", JSON.stringify({ title: "T", status: 404, detail: "There is no such metric." }), /no such metric/],
    ["InfluxDB's form", JSON.stringify({ code: "invalid", message: "line 2: broken" }), /line 2: broken/],
    ["anything", "<html>\n<h1>Nope</h1></html>", /<html> <h1>Nope/],
    ["nothing", "", /status 404/],
  ])("of refusal says why, as %s", async (_form, body, words) => {
    answer = answering(404, body);
    const error = await failure(api.get(Site, "/x"));
    expect(error).toBeInstanceOf(ServerRefused);
    expect(error).toMatchObject({ status: 404 });
    expect(error.message).toMatch(words);
  });

  test("for want of a key says where one is put, and shows none", async () => {
    answer = answering(401, JSON.stringify({ detail: "Sign in first." }));
    const error = await failure(api.get(Site, "/x"));
    expect(error.message).toMatch(/KILOWATCH_API_KEY/);
    expect(JSON.stringify(error) + error.message).not.toMatch(/kw_secret/);
  });

  test.each([
    [503, { "retry-after": "7" }, 7_000],
    [429, { "retry-after": "0" }, 0],
    [503, {}, null],
  ])("of %i is for later", async (status, headers, retryAfterMs) => {
    answer = answering(status, "{}", headers);
    const error = await failure(api.write(Buffer.from("x")));
    expect(error).toBeInstanceOf(ServerBusy);
    expect(error).toMatchObject({ retryAfterMs });
  });

  test.each([
    ["no JSON", "hello", /is no Kilowatch of this version: \/api\/v1\/x answers no JSON/],
    ["something else", JSON.stringify({ id: "1", name: "S" }), /answers otherwise at timezone/],
  ])("that is %s is another program's", async (_what, body, words) => {
    answer = answering(200, body);
    const error = await failure(api.get(Site, "/x"));
    expect(error).toBeInstanceOf(CommandFailed);
    expect(error.message).toMatch(words);
  });

  test("that is cut is no answer", async () => {
    answer = (response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.write("a line\n", () => response.destroy());
    };
    const read = async (): Promise<string> => {
      let text = "";
      for await (const chunk of api.stream("/x", {}, new AbortController().signal)) text += chunk.toString();
      return text;
    };
    const error = await failure(read());
    expect(error).toBeInstanceOf(ServerUnreachable);
    expect(error).toMatchObject({ broke: true });
  });

  test("that is given up ends with the reason of that", async () => {
    const stop = new AbortController();
    answer = () => stop.abort(new Error("enough"));
    await expect(api.get(Site, "/x", {}, stop.signal)).rejects.toThrow("enough");
  });
});
