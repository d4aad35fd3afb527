import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PageHandler } from "../../src/server/web.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

type Door = (asked: Request) => Promise<Response>;

/** What the page does with the API while it answers. */
let ask: (door: Door) => Promise<Response>;
const pages: PageHandler = (request, response) => {
  const door = (request as unknown as Record<symbol, Door>)[Symbol.for("kilowatch.api")];
  void ask(door as Door).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
};

let server: ApiServer;
let cookie: string;
beforeEach(async () => {
  server = await startApiServer({ pages });
  await server.signInAsAdmin();
  const { email, password } = ADMIN;
  const login = await server.app.inject({ method: "POST", url: "/api/v1/auth/login", payload: { email, password } });
  cookie = [login.headers["set-cookie"]].flat().map((set) => String(set).split(";")[0])[0] ?? "";
});
afterEach(() => server.close());

/** A form that a browser posts to a page. */
const post = (headers: Record<string, string> = {}) =>
  server.app.inject({
    method: "POST",
    url: "/some/page",
    headers: { cookie, "content-type": "application/x-www-form-urlencoded", ...headers },
    payload: "name=Else",
  });

describe("a page's question", () => {
  const read = (path: string, take: (answer: Response) => Promise<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      ask = async (door) => {
        const answer = await door(new Request(`http://localhost${path}`));
        take(answer).then(resolve, reject);
        return new Response("a page");
      };
      server.app.inject({ url: "/some/page", headers: { cookie } }).catch(reject);
    });

  test("is answered with what anybody else would read from the same address", async () => {
    const site = { name: "Säule <1>", timezone: "UTC", latitude: null, longitude: null, peakPowerW: null };
    await server.catalogue.sites.create(site);
    for (const path of [
      "/api/v1/sites",
      "/api/v1/me",
      "/api/v1/nothing",
      "/api/v1/sites/none",
      "/api/v1/fleet",
      "/api/v1/users",
    ]) {
      const outside = await server.app.inject({ url: path, headers: { cookie } });
      expect(await read(path, (answer) => answer.json())).toEqual(outside.json());
      expect(JSON.parse(String(await read(path, (answer) => answer.text())))).toEqual(outside.json());
    }
  });

  test("whose answer is not what its route declares is refused, and takes nothing of it along", async () => {
    const [broken, nextCursor] = [{ id: "no id", name: "leaked" } as never, null];
    vi.spyOn(server.catalogue.sites, "list").mockResolvedValue({ items: [broken], nextCursor });
    const told = await read("/api/v1/sites", async (answer) => ({ status: answer.status, text: await answer.text() }));
    expect(told).toMatchObject({ status: 500 });
    expect(JSON.stringify(told)).not.toContain("leaked");
  });

  test("cannot be guessed: who names one from outside is answered as JSON", async () => {
    const { statusCode, body } = await server.app.inject({
      url: "/api/v1/sites",
      headers: { cookie, "kilowatch-door": "undefined" },
    });
    expect(statusCode).toBe(200);
    expect(JSON.parse(body)).toHaveProperty("items");
  });
});

describe("a page that answers a form", () => {
  test("deletes through the API, whatever type the form itself was of", async () => {
    const site = await server.catalogue.sites.create({
      name: "S",
      timezone: "UTC",
      latitude: null,
      longitude: null,
      peakPowerW: null,
    });
    ask = (door) => door(new Request(`http://localhost/api/v1/sites/${site.id}`, { method: "DELETE" }));
    expect((await post()).statusCode).toBe(204);
  });

  test("changes from the version that it has read, and from no other", async () => {
    const path = `/api/v1/users/${server.catalogue.users.findAdmin()?.id}`;
    const headers = (version: string) => ({ "content-type": "application/json", "if-match": version });
    const change = (version: string) => (door: Door) =>
      door(
        new Request(`http://localhost${path}`, {
          method: "PATCH",
          headers: headers(version),
          body: JSON.stringify({ name: "Ada L." }),
        }),
      );
    ask = change('"v9"');
    expect((await post()).statusCode).toBe(412);
    ask = change('"v1"');
    // The browser's own condition is about the page.
    expect((await post({ "if-match": '"v9"' })).statusCode).toBe(200);
    expect(server.catalogue.users.findAdmin()?.name).toBe("Ada L.");
  });
});
