import { gzipSync } from "node:zlib";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { ServerProcess, temporaryFolder } from "./server-process.ts";

const SCRIPT_BYTES_MAX = 80 * 1_024;
const LONG_TASK_MS_MAX = 50;

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;

beforeAll(async () => {
  server = await ServerProcess.start({ dataDir: folder.path, port: await freePort() });
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  folder[Symbol.dispose]();
});

/** A page that fails the test for whatever the browser complains of: script errors, refused resources, policy breaches. */
async function open(
  path: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] } & AsyncDisposable> {
  const context = await browser.newContext({ baseURL: server.url, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(path);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const rowsOf = (page: Page) => page.locator("li:has(a.name)");

const SECONDS_OF: Record<string, number> = { s: 1, min: 60, h: 3_600, day: 86_400, days: 86_400 };

/** The age that a row gives for its reading, s; infinite where there is none. */
function ageS(text: string): number {
  if (text.startsWith("just now")) return 0;
  const [, count, unit = ""] = /^(\d+) (\w+) ago/.exec(text) ?? [];
  return Number(count ?? Infinity) * (SECONDS_OF[unit] ?? 1);
}

/** The age of each device's reading by its link; rows change places. */
async function agesS(page: Page): Promise<Map<string, number>> {
  const rows = await page.evaluate<[link: string, age: string][]>(`Array.from(
    document.querySelectorAll("li:has(a.name)"),
    (row) => [row.querySelector("a.name").href, row.querySelector(".age").textContent],
  )`);
  return new Map(rows.map(([link, age]) => [link, ageS(age)]));
}

/**
 * Resolves once some row has a younger reading than when this was called; the test fails after 10 s. The fleet's power would not do:
 * under an even sky, or while half the Earth's plants sink as fast as the others rise, it reads the same for minutes.
 */
async function readingArrives(page: Page): Promise<void> {
  const before = await agesS(page);
  const younger = async () => [...(await agesS(page))].some(([link, age]) => age < (before.get(link) ?? 0));
  await expect.poll(younger, { timeout: 10_000 }).toBe(true);
}

describe("the fleet", () => {
  test("moves within 10 s of the first visit, with all 500 inverters on the page", async () => {
    await using visit = await open("/");
    expect(await rowsOf(visit.page).count()).toBe(500);
    await readingArrives(visit.page);
    expect(await visit.page.locator(".totals .figure").textContent()).toMatch(/\d.*W/);
    expect(visit.complaints).toEqual([]);
  });

  test("can be read without JavaScript: rows, sums, filter, links", async () => {
    await using visit = await open("/?q=SN-12", { javaScriptEnabled: false });
    const visible = rowsOf(visit.page).filter({ visible: true });
    expect(await visible.count()).toBe(10);
    expect(await visit.page.locator(".totals .figure").textContent()).toMatch(/\d.*W/);
    await visible.first().locator("a.name").click();
    expect(await visit.page.locator("h1").textContent()).toMatch(/^SN-12\d$/);
  });

  test("keeps the page free while 500 rows are live", async () => {
    await using visit = await open("/");
    await visit.page.locator(".badge.live").first().waitFor();
    // A hiccup of the machine falls into one window; a task of the page's own into each.
    const longestMs: number[] = [];
    for (let window = 0; window < 3; window++) {
      longestMs.push(
        await visit.page.evaluate<number>(`new Promise((done) => {
          let longestMs = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) longestMs = Math.max(longestMs, entry.duration);
          }).observe({ type: "longtask" });
          setTimeout(() => done(longestMs), 5_000);
        })`),
      );
    }
    console.log(`longest tasks over 50 ms in three windows of 5 s with 500 live rows: ${longestMs.join(", ")} ms`);
    expect(Math.min(...longestMs)).toBeLessThanOrEqual(LONG_TASK_MS_MAX);
  });

  test(`loads at most ${SCRIPT_BYTES_MAX / 1_024} KB of compressed JavaScript`, async () => {
    const context = await browser.newContext({ baseURL: server.url });
    const page = await context.newPage();
    const bytes = new Map<string, number>();
    page.on("response", async (response) => {
      if (!/javascript/.test(response.headers()["content-type"] ?? "")) return;
      const body = await response.body().catch(() => Buffer.alloc(0));
      bytes.set(response.url(), gzipSync(body).length);
    });
    await page.goto("/", { waitUntil: "networkidle" }).catch(() => page.waitForLoadState("load"));
    const total = [...bytes.values()].reduce((sum, length) => sum + length, 0);
    console.log(`first page: ${bytes.size} scripts, ${(total / 1_024).toFixed(1)} KB compressed`);
    expect(bytes.size).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(SCRIPT_BYTES_MAX);
    await context.close();
  });

  test("fits a phone, light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using visit = await open("/", { viewport: { width: 390, height: 844 }, colorScheme });
      const overflow = await visit.page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow, colorScheme).toBeLessThanOrEqual(0);
      expect(visit.complaints).toEqual([]);
    }
  });

  test("goes on by itself after the server was restarted", async () => {
    await using visit = await open("/");
    await visit.page.locator(".badge.live").first().waitFor();
    const port = Number(new URL(server.url).port);
    await server.stop();
    await visit.page.locator(".badge:not(.live)").first().waitFor({ timeout: 10_000 });
    server = await ServerProcess.start({ dataDir: folder.path, port });
    await visit.page.locator(".badge.live").first().waitFor({ timeout: 15_000 });
    // The first may come with the list that is loaded anew; only the stream brings a second.
    await readingArrives(visit.page);
    await readingArrives(visit.page);
  });
});

describe("a device", () => {
  test("shows its live value and a chart of today and of 7 days", async () => {
    await using visit = await open("/?status=online");
    // To and fro while readings come: what the page left behind must not stir any more.
    for (let visits = 0; visits < 5; visits++) {
      await rowsOf(visit.page).filter({ visible: true }).nth(visits).locator("a.name").click();
      await visit.page.locator(".uplot canvas").first().waitFor();
      await visit.page.goBack();
      await visit.page.locator(".totals .figure").waitFor();
    }
    await rowsOf(visit.page).filter({ visible: true }).first().locator("a.name").click();
    await visit.page.locator(".uplot canvas").first().waitFor();
    await visit.page.getByRole("link", { name: /7/ }).click();
    await visit.page.waitForURL(/range=7d/);
    await visit.page.locator(".uplot canvas").first().waitFor();
    expect(visit.complaints).toEqual([]);
  });

  test("that is not there is an error page that says so", async () => {
    const context = await browser.newContext({ baseURL: server.url });
    const page = await context.newPage();
    const answer = await page.goto("/devices/01900000-0000-7000-8000-000000000000");
    expect(answer?.status()).toBe(404);
    await context.close();
  });
});

describe("signing in", () => {
  test("with the printed link, once, and out again", async () => {
    await using visit = await open(server.signInLink.replace(server.url, ""));
    await visit.page.waitForURL((url) => url.pathname === "/");
    expect(await visit.page.locator("header").textContent()).toContain("Demo administrator");
    await visit.page.getByRole("button", { name: /sign out/i }).click();
    await visit.page.getByRole("link", { name: /sign in/i }).waitFor();
    await visit.page.goto(server.signInLink);
    await visit.page.getByRole("alert").waitFor();
  });

  test("with a wrong password says so beside the form, without JavaScript too", async () => {
    for (const javaScriptEnabled of [true, false]) {
      await using visit = await open("/sign-in", { javaScriptEnabled });
      await visit.page.locator('input[name="email"]').fill("nobody@example.org");
      await visit.page.locator('input[name="password"]').fill("wrong");
      await visit.page.locator('main button[type="submit"], main form button').first().click();
      await visit.page.getByRole("alert").waitFor();
      expect(await visit.page.getByRole("alert").textContent()).toMatch(/do not belong together/);
    }
  });
});

test("a first visit to a real server: the printed link makes the administrator, once", async () => {
  using own = temporaryFolder();
  const real = await ServerProcess.start({ command: "serve", dataDir: own.path });
  const context = await browser.newContext({ baseURL: real.url });
  const page = await context.newPage();
  await page.goto("/");
  expect(await page.locator("main").textContent()).toContain("/welcome?code=");
  await page.goto(real.signInLink);
  await page.locator('input[name="name"]').fill("Ada");
  await page.locator('input[name="email"]').fill("ada@example.org");
  await page.locator('input[name="password"]').fill("short");
  // Past the browser's own check, to the server's.
  await page.evaluate("document.querySelector('main form').noValidate = true");
  await page.locator("main form button").click();
  await page.locator("#password-error").waitFor();
  await page.locator('input[name="password"]').fill("correct horse battery");
  await page.locator("main form button").click();
  await page.waitForURL((url) => url.pathname === "/start");
  expect(await page.locator("header").textContent()).toContain("Ada");
  expect((await context.request.get("/api/v1/me")).status()).toBe(200);
  expect((await fetch(`${real.url}/api/v1/fleet`)).status).toBe(401);
  await context.close();
  await real.stop();
});

test("curl gets the fleet as lines, in one small piece", async () => {
  const answer = await fetch(`${server.url}/`);
  const lines = (await answer.text()).split("\n");
  expect(answer.headers.get("vary")).toBe("accept");
  expect(Number(answer.headers.get("content-length"))).toBeLessThan(16_384);
  expect(lines.filter((line) => /^SN-\d{3} .+ (Online|Offline|Unknown)$/.test(line))).toHaveLength(500);
});

test("pages carry a policy that allows no foreign and no inline script", async () => {
  const answer = await fetch(`${server.url}/`, { headers: { accept: "text/html" } });
  const policy = answer.headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/script-src [^;]*'nonce-|script-src [^;]*'sha256-/);
  expect(policy).not.toMatch(/script-src [^;]*'unsafe-inline'/);
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
});
