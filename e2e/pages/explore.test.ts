import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_ENV } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import {
  expectAccessible,
  expectNoSidewaysScrolling,
  follow,
  launchBrowser,
  PHONE,
  type Visit,
  visit,
} from "./visitor.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const PACE_MS = 10 * MINUTE_MS;
const VERA = { email: "vera@example.org", name: "Vera", password: "a password of the tests" };

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;
let admin: Session;
let viewer: Session;
/** The end of what was measured before the tests began. */
let endMs = 0;
/** Ids by site and metric name. */
const ids = new Map<string, string>();

interface Session {
  readonly bearer: string;
  readonly cookie: string;
}

async function signIn(email: string, password: string): Promise<Session> {
  const answer = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const { accessToken } = (await answer.json()) as { accessToken: string };
  return { bearer: `Bearer ${accessToken}`, cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}

async function call<T>(method: string, path: string, body: object, { bearer } = admin): Promise<T> {
  const headers = { authorization: bearer, "content-type": "application/json" };
  const answer = await fetch(`${server.url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json().catch(() => null)) as T;
}

/** Two sites, one of which has a hostile name, each with a device of three metrics. */
beforeAll(async () => {
  [server, browser] = await Promise.all([
    ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV }),
    launchBrowser(),
  ]);
  admin = await signIn(OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL, OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD);
  endMs = Math.floor(Date.now() / PACE_MS) * PACE_MS;
  for (const [name, device] of [
    ["Calama", "Roof"],
    [HOSTILE, `Shed ${HOSTILE}`],
  ] as const) {
    const { id: siteId } = await call<{ id: string }>("POST", "/sites", { name, timezone: "Europe/Madrid" });
    const metrics = [
      { name: "active_power", unit: "W" },
      { name: "voltage", unit: "V" },
      { name: "frequency", unit: "Hz" },
    ];
    const made = await call<{ metrics: { id: string; name: string }[] }>("POST", `/sites/${siteId}/devices`, {
      name: device,
      kind: "inverter",
      metrics,
    });
    for (const metric of made.metrics) ids.set(`${name} ${metric.name}`, metric.id);
    ids.set(`${name} site`, siteId);
    await push(made.metrics);
  }
  const { id: userId } = await call<{ id: string }>("POST", "/users", VERA);
  await call("PUT", `/sites/${ids.get("Calama site")}/members/${userId}`, { role: "viewer" });
  viewer = await signIn(VERA.email, VERA.password);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  folder[Symbol.dispose]();
});

/** Nine days at a steady pace, apart from six hours in the middle of the second last. The power of a day is 100 W more than that of the day before. */
async function push(metrics: readonly { id: string; name: string }[]): Promise<void> {
  const readings: object[] = [];
  for (let timeMs = endMs - 9 * DAY_MS; timeMs <= endMs; timeMs += PACE_MS) {
    const ageMs = endMs - timeMs;
    if (ageMs > 36 * HOUR_MS && ageMs < 42 * HOUR_MS) continue;
    for (const { id, name } of metrics) {
      const value = name === "active_power" ? 1_000 - (100 * ageMs) / DAY_MS : name === "voltage" ? 230 : 50;
      readings.push({ metricId: id, time: new Date(timeMs).toISOString(), value });
    }
  }
  await call("POST", "/readings", { readings });
}

const idOf = (name: string, site = "Calama"): string => ids.get(`${site} ${name}`) ?? "";
const open = (path: string, options: Parameters<typeof visit>[3] = {}): Promise<Visit> =>
  visit(browser, server, path, { cookie: admin.cookie, ...options });
const drawn = (page: Page) => page.locator("[data-drawn]:has(canvas)");

/** The range that every chart has drawn, once they agree on one that `isIt`. */
async function drawnRange(page: Page, isIt: (range: string) => boolean = () => true): Promise<string> {
  let range = "";
  await expect
    .poll(async () => {
      const ranges = await drawn(page).evaluateAll((charts) =>
        charts.map((chart) => (chart as { dataset?: { drawn?: string } }).dataset?.drawn ?? ""),
      );
      range = new Set(ranges).size === 1 ? (ranges[0] ?? "") : "";
      return range !== "" && isIt(range);
    })
    .toBe(true);
  return range;
}

const lengthMs = (range: string): number => {
  const [from = 0, to = 0] = range.split("-").map(Number);
  return to - from;
};

/** Marks the middle half of the first chart. */
async function zoomByDrag(page: Page): Promise<void> {
  const plot = await page.locator(".u-over").first().boundingBox();
  if (!plot) throw new Error("there is no chart");
  const y = plot.y + plot.height / 2;
  await page.mouse.move(plot.x + plot.width * 0.25, y);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.5, y, { steps: 3 });
  await page.mouse.move(plot.x + plot.width * 0.75, y, { steps: 3 });
  await page.mouse.up();
}

describe("with JavaScript", () => {
  test("metrics are found, added and drawn; a drag zooms, and the browser goes back", async () => {
    await using visited = await open("/explore?range=7d");
    const { page } = visited;
    await page.getByRole("searchbox").fill("calama act");
    await page.waitForURL(/q=calama/);
    await page.getByRole("link", { name: "Add Active power of Roof" }).click();
    await page.getByRole("searchbox").fill("calama");
    await page.getByRole("link", { name: "Add frequency of Roof" }).click();
    await page.getByRole("link", { name: "Add Voltage of Roof" }).click();
    await page.waitForURL(new RegExp(`m=${idOf("active_power")},${idOf("frequency")},${idOf("voltage")}`));
    // Two units on one chart, the third on another.
    await expect.poll(() => drawn(page).count()).toBe(2);
    const week = await drawnRange(page);
    expect(lengthMs(week)).toBe(7 * DAY_MS);
    await zoomByDrag(page);
    await page.waitForURL(/from=/);
    const zoomed = await drawnRange(page, (range) => lengthMs(range) < lengthMs(week));
    expect(lengthMs(zoomed) / lengthMs(week)).toBeCloseTo(0.5, 1);
    await page.locator(".u-over").first().dblclick();
    await drawnRange(page, (range) => lengthMs(range) > lengthMs(zoomed));
    await page.goBack();
    await drawnRange(page, (range) => range === zoomed);
    await page.goBack();
    await page.waitForURL(/range=7d/);
    await drawnRange(page, (range) => lengthMs(range) === 7 * DAY_MS);
    // What was zoomed to has an address that draws the same.
    await page.goForward();
    await page.reload();
    await drawnRange(page, (range) => range === zoomed);
    expect(visited.complaints).toEqual([]);
  });

  test("keys and the wheel zoom and move, in one step of the history for a burst", async () => {
    await using visited = await open(`/explore?m=${idOf("active_power")}&range=7d`);
    const { page } = visited;
    const week = await drawnRange(page);
    await drawn(page).first().focus();
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    await page.keyboard.press("ArrowLeft");
    await drawnRange(page, (range) => Math.abs(lengthMs(range) - lengthMs(week) / 2.25) < 1_000);
    await page.goBack();
    await drawnRange(page, (range) => lengthMs(range) === 7 * DAY_MS);
    await page.locator(".u-over").first().hover();
    await page.mouse.wheel(0, -300);
    await page.waitForURL(/from=/);
    await drawnRange(page, (range) => lengthMs(range) < 7 * DAY_MS);
    expect(visited.complaints).toEqual([]);
  });

  test("a request that is overtaken is ended, and the old picture stays until the new one is there", async () => {
    await using visited = await open(`/explore?m=${idOf("active_power")}&range=7d`);
    const { page } = visited;
    await drawnRange(page);
    const ended: string[] = [];
    page.on("requestfailed", (request) => ended.push(request.url()));
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
    await page.route("**/api/v1/series?*", async (route) => {
      await gate;
      // What was ended meanwhile goes nowhere.
      await route.continue().catch(() => undefined);
    });
    await page.getByRole("link", { name: "30 days" }).click();
    await page.waitForURL(/range=30d/);
    expect(lengthMs(await drawnRange(page))).toBe(7 * DAY_MS);
    await page.getByRole("link", { name: "Year" }).click();
    await expect.poll(() => ended.length).toBeGreaterThan(0);
    openGate();
    await drawnRange(page, (range) => lengthMs(range) === 365 * DAY_MS);
    expect(visited.complaints).toEqual([]);
  });

  test("whoever goes back sees the picture that was there at once, and what has come since a moment later", async () => {
    await using visited = await open(`/explore?m=${idOf("frequency")}&range=7d`);
    const { page } = visited;
    const week = await drawnRange(page);
    await zoomByDrag(page);
    await drawnRange(page, (range) => lengthMs(range) < lengthMs(week));
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
    await page.route("**/api/v1/series?*", async (route) => {
      await gate;
      await route.continue().catch(() => undefined);
    });
    // Away from the chart: the legend then says the newest values.
    await page.mouse.move(0, 0);
    await page.goBack();
    await drawnRange(page, (range) => lengthMs(range) === 7 * DAY_MS);
    await page.locator(".charts.loading").waitFor();
    // Newer than all that is drawn, and older than the end of what is asked for meanwhile.
    const time = iso(endMs + 1);
    await call("POST", "/readings", { readings: [{ metricId: idOf("frequency"), time, value: 51.5 }] });
    const frequency = page.getByRole("row", { name: /frequency/i });
    expect(await frequency.textContent()).toMatch(/50\sHz/);
    openGate();
    await expect.poll(() => frequency.textContent()).toMatch(/51\.5\sHz/);
    expect(visited.complaints).toEqual([]);
  });

  test("the legend says values with units and the time of a named place; the week before stands beside", async () => {
    await using visited = await open(
      `/explore?m=${idOf("active_power")},${idOf("voltage")}&from=${iso(endMs - HOUR_MS)}&to=${iso(endMs + 1)}`,
    );
    const { page } = visited;
    await drawnRange(page);
    const power = page.getByRole("row", { name: /Active power/ });
    expect(await power.textContent()).toMatch(/1\skW/);
    await page.getByRole("link", { name: "Week before" }).click();
    await page.waitForURL(/compare=week/);
    // 100 W less for each of the seven days.
    await expect.poll(() => power.textContent()).toMatch(/1\skW\s*300\sW/);
    const plot = await page.locator(".u-over").first().boundingBox();
    await page.mouse.move((plot?.x ?? 0) + 5, (plot?.y ?? 0) + 20);
    await expect.poll(() => page.locator("caption").textContent()).toMatch(/\d\d:\d\d:\d\d \(Europe\/Madrid\)/);
    expect(await power.textContent()).toMatch(/995\.\d+\sW/);
    expect(await power.textContent()).toMatch(/100 %/);
    expect(visited.complaints).toEqual([]);
  });

  test("a new reading moves a chart that ends now", async () => {
    await using visited = await open(`/explore?m=${idOf("voltage")}&range=1h`);
    const { page } = visited;
    await drawnRange(page);
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    const time = new Date().toISOString();
    await call("POST", "/readings", { readings: [{ metricId: idOf("voltage"), time, value: 241.5 }] });
    await expect
      .poll(() => page.getByRole("row", { name: /Voltage/ }).textContent(), { timeout: 15_000 })
      .toMatch(/241\.5\sV/);
    expect(visited.complaints).toEqual([]);
  });

  test("a set is saved, opened again, changed, renamed and deleted", async () => {
    await using visited = await open(`/explore?m=${idOf("active_power")}&range=7d`);
    const { page } = visited;
    await drawnRange(page);
    await page.getByRole("button", { name: "Save as a set" }).click();
    await page.getByRole("alert").filter({ hasText: "Give it a name." }).waitFor();
    await page.getByPlaceholder("Name").fill(HOSTILE);
    await page.getByRole("button", { name: "Save as a set" }).click();
    await page.waitForURL(/set=/);
    await page.getByText("The set is saved.").waitFor();
    expect(page.url()).not.toContain("m=");

    await page.goto("/explore");
    await page.getByRole("navigation", { name: "Saved sets" }).getByRole("link", { name: HOSTILE }).click();
    await drawnRange(page);
    await page.getByRole("searchbox").fill("calama volt");
    await page.getByRole("link", { name: "Add Voltage of Roof" }).click();
    await page.getByRole("button", { name: "Save these metrics to it" }).click();
    await page.getByText("The set now holds these metrics.").waitFor();
    expect(await page.getByRole("navigation", { name: "Saved sets" }).textContent()).toContain("2 metrics");
    await page.locator("#set-rename").fill("Night shift");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByText("Open: Night shift").waitFor();
    await page.getByRole("link", { name: "Delete" }).click();
    await page.getByText("It holds 2 metrics.").waitFor();
    await page.getByRole("button", { name: "Delete the set" }).click();
    await page.getByText("The set is deleted.").waitFor();
    const sets = page.getByRole("navigation", { name: "Saved sets" });
    expect(await sets.textContent()).not.toContain("Night shift");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Open: Night shift").waitFor();
    expect(await sets.textContent()).toContain("2 metrics");
    // The browser says so of every answer of the kind.
    expect(visited.complaints).toEqual([expect.stringContaining("422")]);
  });

  test("the readings go away as CSV and Parquet, the charts as a picture, the view as a link", async () => {
    await using visited = await open(`/explore?m=${idOf("active_power")},${idOf("frequency")}&range=7d&q=x`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const { page } = visited;
    await drawnRange(page);
    const csv = await page.request.get((await page.getByRole("link", { name: "CSV" }).getAttribute("href")) ?? "");
    const lines = (await csv.text()).trim().split("\n");
    expect(lines[0]).toBe("metricId,site,device,metric,unit,time,value,quality");
    expect(lines.length).toBeGreaterThan(2 * 6 * 24 * 6);
    const parquet = await page.request.get(
      (await page.getByRole("link", { name: "Parquet" }).getAttribute("href")) ?? "",
    );
    expect((await parquet.body()).subarray(0, 4).toString()).toBe("PAR1");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "PNG" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^kilowatch-\d{4}-\d\d-\d\d\.png$/);
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByRole("button", { name: "Link copied" }).waitFor();
    const link = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(link).toBe(`${server.url}/explore?m=${idOf("active_power")},${idOf("frequency")}&range=7d`);
    expect(visited.complaints).toEqual([]);
  });
});

describe("without JavaScript", () => {
  test("metrics are added by links, drawn by the server with their gaps, and read in the table", async () => {
    await using visited = await open("/explore?q=calama", { javaScriptEnabled: false });
    const { page } = visited;
    await follow(page.getByRole("link", { name: "Add Active power of Roof" }));
    await follow(page.getByRole("link", { name: "7 days" }));
    await follow(page.getByRole("link", { name: "Week before" }));
    const [line, before] = await page.locator(".drawing path").all();
    // Six hours are missing: the line is drawn in two pieces, that of the week before in one.
    expect((await line?.getAttribute("d"))?.match(/M/g)).toHaveLength(2);
    expect((await before?.getAttribute("d"))?.match(/M/g)).toHaveLength(1);
    await page.getByText("The same as a table").click();
    expect(
      await page.getByRole("region", { name: "Means of each metric" }).getByRole("row").count(),
    ).toBeGreaterThanOrEqual(8);
    await follow(page.getByRole("link", { name: "Zoom in" }));
    expect(page.url()).toMatch(/from=/);
    expect(await page.locator(".drawing path").count()).toBe(2);
    await page.getByPlaceholder("Name").fill("By hand");
    await follow(page.getByRole("button", { name: "Save as a set" }));
    expect(await page.getByText("The set is saved.").isVisible()).toBe(true);
    await follow(page.getByRole("link", { name: "Delete" }));
    await follow(page.getByRole("button", { name: "Delete the set" }));
    expect(await page.getByText("The set is deleted.").isVisible()).toBe(true);
  });
});

test("a viewer finds and draws only what lies in their sites", async () => {
  const foreign = idOf("active_power", HOSTILE);
  await using visited = await open(`/explore?m=${foreign},${idOf("active_power")}&range=7d`, { cookie: viewer.cookie });
  const { page } = visited;
  await drawnRange(page);
  await page.getByText("One metric is left out").waitFor();
  expect(await page.getByRole("row", { name: /Active power/ }).count()).toBe(1);
  expect(await page.getByRole("list", { name: "Metrics that can be added" }).getByRole("listitem").count()).toBe(3);
  expect(await page.locator("main").textContent()).not.toContain("Shed");
  await page.goto(`/explore?m=${foreign}`);
  await page.getByText("None of these metrics is there any more").waitFor();
  expect(visited.complaints).toEqual([]);
});

test("whoever is not signed in is asked to", async () => {
  await using visited = await visit(browser, server, "/explore?range=7d");
  expect(visited.page.url()).toContain("/sign-in?next=%2Fexplore%3Frange%3D7d");
});

test("names are text everywhere, and the page breaks no rule of accessibility, on a phone neither", async () => {
  const all = [...ids].filter(([name]) => !name.endsWith(" site")).map(([, id]) => id);
  const path = `/explore?m=${all.join(",")}&range=7d&compare=week`;
  for (const viewport of [{ width: 1280, height: 900 }, PHONE]) {
    await using visited = await open(path, { viewport });
    const { page } = visited;
    await drawnRange(page);
    await page.getByText("The same as a table").click();
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.getByRole("row", { name: HOSTILE }).count()).toBeGreaterThan(0);
    await expectNoSidewaysScrolling(page);
    await expectAccessible(page);
    expect(visited.complaints).toEqual([]);
  }
  await using empty = await open("/explore", { viewport: PHONE });
  await expectNoSidewaysScrolling(empty.page);
  await expectAccessible(empty.page);
});

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
