import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DOCS_PATH } from "../../src/server/docs.ts";
import type { PageHandler } from "../../src/server/web.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

/** Pages that would answer anything they are asked. */
const pages: PageHandler = (_request, response) => {
  response.end("a page");
};

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer({ pages });
});
afterEach(() => server.close());

const get = (url: string) => server.app.inject({ url });

/** What the page names, as a browser resolves it. */
async function namedBy(pageUrl: string): Promise<string[]> {
  const { body } = await get(pageUrl);
  const names = [...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, name]) => name ?? "");
  return names.map((name) => new URL(name, `http://kilowatch.test${pageUrl}`).href);
}

describe.each([DOCS_PATH, `${DOCS_PATH}/`])("the page at %s", (pageUrl) => {
  test("comes with everything that it names, from this server", async () => {
    const page = await get(pageUrl);
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.body).toContain("<title>Kilowatch API</title>");
    const named = await namedBy(pageUrl);
    expect(named.length).toBeGreaterThan(4);
    for (const asset of named) {
      const { origin, pathname } = new URL(asset);
      expect(origin).toBe("http://kilowatch.test");
      const answer = await get(pathname);
      expect([pathname, answer.statusCode]).toEqual([pathname, 200]);
      expect(answer.body).not.toBe("a page");
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    }
  });
});

test("names no other server in its HTML and its styles, and is told of no validator elsewhere", async () => {
  for (const path of ["", "/static/index.css"]) {
    expect((await get(DOCS_PATH + path)).body).not.toMatch(/(?:https?:)?\/\/[a-z0-9-]+\./i);
  }
  expect((await get(`${DOCS_PATH}/static/swagger-ui.css`)).body).not.toMatch(/url\(["']?(?:https?:)?\/\/|@import/i);
  expect((await get(`${DOCS_PATH}/static/swagger-initializer.js`)).body).toContain("validatorUrl: null");
});

test("lets its browser load and ask nothing but this server, run no inline script, and stand in no frame", async () => {
  const { headers } = await get(DOCS_PATH);
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(headers["x-frame-options"]).toBe("DENY");
  expect(headers["x-content-type-options"]).toBe("nosniff");
});

test("shows the document that the API serves", async () => {
  expect((await get(`${DOCS_PATH}/json`)).json()).toEqual((await get("/api/v1/openapi.json")).json());
});

test("is public, and nothing else became so", () => {
  const ofDocs = server.app.declaredRoutes.filter(({ url }) => url.startsWith(DOCS_PATH));
  expect(ofDocs.length).toBeGreaterThan(3);
  expect(new Set(ofDocs.map(({ permission }) => permission))).toEqual(new Set(["public"]));
});

test.each([
  "/api/docsx",
  "/api/docs/nothing",
  "/api/docs/static/nothing.js",
  "/api/docs/static/..%2f..%2fpackage.json",
])("leaves %s unanswered", async (url) => {
  const answer = await get(url);
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode).toBeLessThan(500);
  expect(answer.body).not.toContain('"version"');
});
