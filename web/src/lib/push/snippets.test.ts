import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { browserOrigin, snippets } from "./snippets.ts";

const KEY = "kw_abcDEF123_x-Y_z0";

describe("what is to be pasted", () => {
  const asked: {
    readonly authorization: string | undefined;
    readonly path: string | undefined;
    readonly body: string;
  }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      asked.push({ authorization: request.headers.authorization, path: request.url, body });
      response.writeHead(204).end();
    });
  });
  let origin: string;

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    asked.length = 0;
  });

  /** Runs a program and resolves with what it printed. */
  const run = (program: string, args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(program, args, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    });

  test.each([
    ["curl", () => run("sh", ["-c", snippets(origin, KEY).curl]), /204/],
    [
      "javascript",
      () => run(process.execPath, ["--input-type=module", "-e", snippets(origin, KEY).javascript]),
      /^stored$/m,
    ],
    ["python", () => run("python3", ["-c", snippets(origin, KEY).python]), /^stored$/m],
  ] as const)("as %s sends one reading with the key", async (_name, send, says) => {
    expect(await send()).toMatch(says);
    expect(asked).toEqual([
      {
        authorization: `Bearer ${KEY}`,
        path: "/api/v2/write",
        body: expect.stringMatching(/^active_power,device=My-meter,unit=W value=[\d.]+$/),
      },
    ]);
  });

  test("is five lines of each language", () => {
    const { javascript, python } = snippets(origin, KEY);
    expect(javascript.split("\n")).toHaveLength(5);
    expect(python.split("\n")).toHaveLength(5);
  });
});

describe("the server's address", () => {
  const url = new URL("https://pv.example:8443/push");
  test.each([
    ["is the browser's word for it", "http://pv.example:8443", "http://pv.example:8443"],
    ["is the request's where the browser says nothing readable", "null", "https://pv.example:8443"],
    ["is the request's where the browser says nothing", null, "https://pv.example:8443"],
  ])("%s", (_name, origin, expected) => {
    const request = new Request(url, { headers: origin === null ? {} : { origin } });
    expect(browserOrigin(request, url)).toBe(expected);
  });
});
