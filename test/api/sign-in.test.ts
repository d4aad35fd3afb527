import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NOBODY } from "../../src/access/actor.ts";
import { PASSWORD_CHECKS_OF_STRANGERS_MAX } from "../../src/access/sign-in.ts";
import { THROTTLE_LIMITS } from "../../src/access/sign-in-throttle.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

const RIGHT = { email: ADMIN.email, password: ADMIN.password };
const HOME = "192.0.2.1";
const TLS = { origin: "https://kw.example", host: "kw.example" };
const PROXY = "10.0.0.1";

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer({ trustedProxies: [PROXY, "10.1.0.0/16"] });
  await server.signInAsAdmin();
});
afterEach(() => server.close());

interface From {
  readonly address?: string;
  readonly headers?: Record<string, string>;
}

const post = (path: string, payload: object, { address = HOME, headers = {} }: From = {}) =>
  server.app.inject({ method: "POST", url: `/api/v1${path}`, payload, headers, remoteAddress: address });
const login = (password: string, from?: From) => post("/auth/login", { ...RIGHT, password }, from);
const me = (cookie: string, headers: Record<string, string> = {}) =>
  server.app.inject({ url: "/api/v1/me", headers: { ...headers, cookie } });

type Answer = Awaited<ReturnType<typeof login>>;

/** `name=value` of a cookie that the answer sets. */
const cookieIn = ({ cookies }: Answer, name: string): string => {
  const found = cookies.find((cookie) => cookie.name === name);
  return found === undefined ? "" : `${name}=${found.value}`;
};

describe("wrong passwords", () => {
  test("are answered the same, word for word and wait for wait, whether or not the account exists", async () => {
    const answersFor = async (email: string) => {
      const answers: unknown[] = [];
      for (let n = 0; n < THROTTLE_LIMITS.account.freeMax + 8; n++) {
        const answer = await post("/auth/login", { email, password: "nope" }, { address: `198.51.100.${n >> 2}` });
        const { date: _, ratelimit: __, ...headers } = answer.headers;
        answers.push([answer.statusCode, headers, answer.body]);
      }
      return answers;
    };
    const known = await answersFor(ADMIN.email);
    await server.clock.advance(86_400_000);
    expect(known).toEqual(await answersFor("bob@example.org"));
    expect(known[0]).toMatchObject([401, {}, expect.stringContaining("e-mail address or the password")]);
    expect(known.at(-1)).toMatchObject([429, { "retry-after": "1" }, expect.stringContaining("try again in 1 s")]);
  });

  test("lead to a wait in which the right one is refused too, and after which it is not", async () => {
    const stranger = { address: "198.51.100.1" };
    for (let n = 0; n < THROTTLE_LIMITS.pair.freeMax; n++) expect((await login("nope", stranger)).statusCode).toBe(401);
    const refused = await login(ADMIN.password, stranger);
    expect(refused.statusCode).toBe(429);
    expect(refused.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(refused.headers["retry-after"]).toBe("1");
    await server.clock.advance(1_000);
    expect((await login(ADMIN.password, stranger)).statusCode).toBe(200);
  });

  test("of strangers do not keep out the browser that signed in before", async () => {
    const signedIn = await login(ADMIN.password, { address: "203.0.113.9" });
    const cookie = cookieIn(signedIn, "kilowatch_device");
    for (let n = 0; n <= THROTTLE_LIMITS.account.freeMax; n++) await login("nope", { address: `198.51.100.${n}` });
    // From an address that the account was never seen at.
    const elsewhere = "203.0.113.77";
    expect((await login(ADMIN.password, { address: elsewhere })).statusCode).toBe(429);
    expect((await login(ADMIN.password, { address: elsewhere, headers: { cookie } })).statusCode).toBe(200);
  });

  test("of many strangers at once leave places for those who are known", async () => {
    const device = cookieIn(await login(ADMIN.password), "kilowatch_device");
    const strangers = Array.from({ length: PASSWORD_CHECKS_OF_STRANGERS_MAX + 1 }, (_, n) =>
      post("/auth/login", { email: `${n}@example.org`, password: "nope" }, { address: `198.51.100.${n}` }),
    );
    const owner = login(ADMIN.password, { address: "203.0.113.9", headers: { cookie: device } });
    const statuses = (await Promise.all(strangers)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect((await owner).statusCode).toBe(200);
    // The one that was not looked at was no failure.
    const unseen = statuses.indexOf(429);
    for (let n = 0; n < THROTTLE_LIMITS.pair.freeMax; n++) {
      const body = { email: `${unseen}@example.org`, password: "nope" };
      expect((await post("/auth/login", body, { address: `198.51.100.${unseen}` })).statusCode).toBe(401);
    }
  });

  test.each([
    ["/auth/link", { code: "wrong" }],
    ["/setup", { code: "wrong", email: "b@example.org", name: "B", password: "123456789012" }],
  ])("and wrong codes: %s", async (path, body) => {
    for (let n = 0; n < THROTTLE_LIMITS.code.freeMax; n++) expect((await post(path, body)).statusCode).toBe(401);
    const refused = await post(path, body);
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "1"]);
    expect((await post(path, body, { address: "192.0.2.2" })).statusCode).toBe(401);
    expect((await login(ADMIN.password)).statusCode).toBe(200);
  });
});

describe("the client's address", () => {
  const exhaust = async (from: From) => {
    for (let n = 0; n < THROTTLE_LIMITS.pair.freeMax; n++) await login("nope", from);
  };
  const via = (forwarded: string, address: string): From => ({ address, headers: { "x-forwarded-for": forwarded } });

  test("is taken from a trusted proxy's word", async () => {
    await exhaust(via("198.51.100.1", PROXY));
    expect((await login("nope", via("198.51.100.1", "10.1.2.3"))).statusCode).toBe(429);
    expect((await login("nope", via("198.51.100.2", PROXY))).statusCode).toBe(401);
  });

  test("is the one that the trusted proxy saw, whatever the client says of itself", async () => {
    await exhaust(via("198.51.100.1", PROXY));
    expect((await login("nope", via("1.1.1.1, 198.51.100.1", PROXY))).statusCode).toBe(429);
  });

  test("is never taken from anybody else's word", async () => {
    for (let n = 0; n < THROTTLE_LIMITS.pair.freeMax; n++) await login("nope", via(`1.1.1.${n}`, "198.51.100.1"));
    expect((await login("nope", via("1.1.1.99", "198.51.100.1"))).statusCode).toBe(429);
  });

  test("of a sign-in by the pages is the browser's", async () => {
    await server.close();
    server = await startApiServer({
      pages: (request, response) => {
        const api = (request as unknown as Record<symbol, (asked: Request) => Promise<Response>>)[
          Symbol.for("kilowatch.api")
        ];
        const asked = new Request("http://localhost/api/v1/auth/login", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...RIGHT, password: "nope" }),
        });
        void api?.(asked).then(({ status }) => response.writeHead(status).end());
      },
    });
    const page = async (remoteAddress: string) =>
      (await server.app.inject({ method: "POST", url: "/sign-in", remoteAddress })).statusCode;
    for (let n = 0; n < THROTTLE_LIMITS.pair.freeMax; n++) expect(await page("198.51.100.1")).toBe(401);
    expect(await page("198.51.100.1")).toBe(429);
    expect(await page("198.51.100.2")).toBe(401);
  });
});

describe("the browser's cookies", () => {
  const setCookies = ({ headers }: Answer) => [headers["set-cookie"]].flat().map(String);

  test("over TLS are for this host and TLS alone", async () => {
    const answer = await login(ADMIN.password, { headers: TLS });
    const set = setCookies(answer);
    expect(set).toHaveLength(2);
    expect(set[0]).toMatch(/^__Host-kilowatch_session=/);
    expect(set[1]).toMatch(/^__Host-kilowatch_device=/);
    for (const cookie of set) {
      expect(cookie).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax/);
      expect(cookie).not.toMatch(/Domain/i);
    }
    expect((await me(cookieIn(answer, "__Host-kilowatch_session"))).json()).toMatchObject({ role: "admin" });
  });

  test("are so, too, when the proxy says that it is TLS", async () => {
    const answer = await login(ADMIN.password, { headers: { "x-forwarded-proto": "https" } });
    expect(setCookies(answer)[0]).toMatch(/^__Host-kilowatch_session=.*; Secure/);
  });

  test("over plain HTTP have names that a browser takes there", async () => {
    const set = setCookies(await login(ADMIN.password, { headers: { origin: "http://kw.lan", host: "kw.lan" } }));
    expect(set[0]).toMatch(/^kilowatch_session=/);
    expect(set[1]).toMatch(/^kilowatch_device=/);
    for (const cookie of set) {
      expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax/);
      expect(cookie).not.toMatch(/; Secure/);
    }
  });

  test("by their plain name count for nothing over TLS", async () => {
    const cookie = cookieIn(await login(ADMIN.password), "kilowatch_session");
    expect((await me(cookie)).statusCode).toBe(200);
    expect((await me(cookie, { "x-forwarded-proto": "https" })).statusCode).toBe(401);
    const mine = cookieIn(await login(ADMIN.password, { headers: TLS }), "__Host-kilowatch_session");
    expect((await me(`kilowatch_session=planted; ${mine}`)).statusCode).toBe(200);
  });

  test("of a session go at sign-out, by either name; the device's stays", async () => {
    const cookie = cookieIn(await login(ADMIN.password, { headers: TLS }), "__Host-kilowatch_session");
    const cleared = setCookies(await post("/auth/logout", {}, { headers: { ...TLS, cookie } }));
    expect(cleared).toHaveLength(2);
    expect(cleared[0]).toMatch(/^__Host-kilowatch_session=;.*Secure/);
    expect(cleared[1]).toMatch(/^kilowatch_session=;/);
    expect((await me(cookie)).statusCode).toBe(401);
  });
});

describe("a session", () => {
  test("is a new one at every sign-in, and the one that came with it ends", async () => {
    const first = cookieIn(await login(ADMIN.password), "kilowatch_session");
    const second = cookieIn(await login(ADMIN.password, { headers: { cookie: first } }), "kilowatch_session");
    expect(second).not.toBe(first);
    expect((await me(first)).statusCode).toBe(401);
    expect((await me(second)).statusCode).toBe(200);
  });

  test("that was planted before signing in is never adopted, and dies", async () => {
    const planted = "kilowatch_session=chosen-by-the-attacker";
    const attackers = cookieIn(await login(ADMIN.password), "kilowatch_session");
    for (const cookie of [planted, attackers]) {
      const code = server.code.issue();
      const mine = cookieIn(await post("/auth/link", { code }, { headers: { cookie } }), "kilowatch_session");
      expect(mine).not.toBe(cookie);
      expect((await me(mine)).statusCode).toBe(200);
      expect((await me(cookie)).statusCode).toBe(401);
    }
  });

  test("goes on when a sign-in is refused", async () => {
    const cookie = cookieIn(await login(ADMIN.password), "kilowatch_session");
    expect((await login("nope", { headers: { cookie } })).statusCode).toBe(401);
    expect((await me(cookie)).statusCode).toBe(200);
  });

  test("ends after its time to the millisecond", async () => {
    const cookie = cookieIn(await login(ADMIN.password), "kilowatch_session");
    server.clock.jumpWall(30 * 86_400_000 - 1);
    expect((await me(cookie)).statusCode).toBe(200);
    server.clock.jumpWall(1);
    expect((await me(cookie)).statusCode).toBe(401);
  });
});

describe("the API's rate limit", () => {
  const POLICY = /^"(default|anonymous)";q=\d+;w=60$/;
  const LEFT = /^"(default|anonymous)";r=\d+;t=\d+$/;

  test("is told with every answer, refusals among them", async () => {
    const { accessToken } = (await login(ADMIN.password)).json<{ accessToken: string }>();
    const authorization = `Bearer ${accessToken}`;
    const asked: [url: string, headers: Record<string, string>, status: number, policy: string][] = [
      ["/sites", { authorization }, 200, "default"],
      ["/sites/01900000-0000-7000-8000-000000000000", { authorization }, 404, "default"],
      ["/sites?limit=x", { authorization }, 422, "default"],
      ["/sites", {}, 401, "anonymous"],
      ["/setup", {}, 200, "anonymous"],
    ];
    for (const [url, headers, status, policy] of asked) {
      const answer = await server.app.inject({ url: `/api/v1${url}`, headers });
      expect(answer.statusCode).toBe(status);
      expect(answer.headers["ratelimit-policy"]).toMatch(POLICY);
      expect(answer.headers["ratelimit"]).toMatch(LEFT);
      expect(answer.headers["ratelimit"]).toContain(policy);
    }
  });

  test("refuses past it with a problem that says when to come back, and grants again then", async () => {
    const ask = () => server.app.inject({ url: "/api/v1/setup", remoteAddress: "198.51.100.1" });
    const first = await ask();
    expect(first.headers["ratelimit-policy"]).toBe('"anonymous";q=12000;w=60');
    expect(first.headers["ratelimit"]).toBe('"anonymous";r=11999;t=60');
    for (let n = 1; n < 11_999; n++) server.requestLimits.take(NOBODY, { ip: "198.51.100.1" });
    await server.clock.advance(20_000);
    expect((await ask()).headers["ratelimit"]).toBe('"anonymous";r=0;t=40');
    const refused = await ask();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ ratelimit: '"anonymous";r=0;t=40', "retry-after": "40" });
    expect(refused.json()).toMatchObject({ status: 429, title: "Too many requests" });
    expect((await server.app.inject({ url: "/api/v1/setup", remoteAddress: HOME })).statusCode).toBe(200);
    await server.clock.advance(40_000);
    expect((await ask()).statusCode).toBe(200);
  });

  test("counts a live stream once, and says so in its head", async () => {
    const { accessToken } = (await login(ADMIN.password)).json<{ accessToken: string }>();
    const headers = { authorization: `Bearer ${accessToken}` };
    const { headers: head } = await server.app.inject({ method: "HEAD", url: "/api/v1/stream", headers });
    expect(head).toMatchObject({ "content-type": "text/event-stream", ratelimit: '"default";r=119999;t=60' });
  });

  test.each(["/api/v1/readings", "/api/v2/write", "/write", "/data"])("holds back no readings: %s", async (url) => {
    await server.app.inject({ method: "POST", url, payload: "x" });
    expect(server.requestLimits.size).toBe(0);
  });
});
