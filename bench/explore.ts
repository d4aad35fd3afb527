/**
 * Measures zooming on the explore page: `node bench/explore.ts` after `npm run build -w web`. A real server is given ten metrics with
 * 10.5 million readings of a year, then a real browser drags from the year to a month, a week, a day and an hour, each time somewhere else.
 * Prints the time from the end of the drag until the new picture is on the screen, and the same for the browser's way back.
 */
import type { Page } from "playwright-core";
import { OPERATOR_ENV } from "../e2e/operator.ts";
import { launchBrowser, visit } from "../e2e/pages/visitor.ts";
import { ServerProcess, temporaryFolder } from "../e2e/server-process.ts";

const ROUNDS = Number(process.argv[2] ?? 10);
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const PACE_MS = 30_000;
const FIELDS = { W: ["a", "b", "c", "d", "e", "f", "g", "h"], V: ["a", "b"] } as const;
const METRICS = FIELDS.W.length + FIELDS.V.length;
const TIMES_PER_BODY = 10_000;
/** Share of the year that must be rolled up: today is not, while it goes on. */
const ROLLED_UP = 0.98;
const ASK_AGAIN_MS = 10_000;
const LOOKS_MS = 1_000;
const STEPS = [
  { name: "year to month", lengthMs: 30 * DAY_MS },
  { name: "month to week", lengthMs: 7 * DAY_MS },
  { name: "week to day", lengthMs: DAY_MS },
  { name: "day to hour", lengthMs: 3_600_000 },
] as const;

using folder = temporaryFolder();
const server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV });
try {
  const { bearer, cookie } = await signIn();
  const { key } = await api<{ key: string }>("/api-keys", bearer, { name: "bench", scopes: ["ingest"] });
  const endMs = Math.floor(Date.now() / PACE_MS) * PACE_MS;
  await write(key, endMs);
  const { items } = await api<{ items: { id: string }[] }>("/metrics?limit=100", bearer);
  if (items.length !== METRICS) throw new Error(`${items.length} metrics came of ${METRICS}`);
  const metricIds = items.map(({ id }) => id).join(",");
  await rolledUp(bearer, items[0]?.id ?? "", endMs);
  await measure(cookie, metricIds, endMs);
} finally {
  await server.stop();
}

async function write(key: string, endMs: number): Promise<void> {
  const beganMs = performance.now();
  let readings = 0;
  for (let fromMs = endMs - YEAR_MS; fromMs < endMs; fromMs += TIMES_PER_BODY * PACE_MS) {
    const lines: string[] = [];
    for (let timeMs = fromMs; timeMs < Math.min(endMs, fromMs + TIMES_PER_BODY * PACE_MS); timeMs += PACE_MS) {
      for (const [unit, fields] of Object.entries(FIELDS)) {
        const values = fields.map((field, place) => `${field}=${valueAt(timeMs, unit, place)}`);
        lines.push(
          `${unit === "W" ? "power" : "voltage"},site=Bench,device=Meter,unit=${unit} ${values.join(",")} ${timeMs}`,
        );
        readings += fields.length;
      }
    }
    const answer = await fetch(`${server.url}/api/v2/write?precision=ms`, {
      method: "POST",
      headers: { authorization: `Token ${key}` },
      body: lines.join("\n"),
    });
    if (answer.status !== 204) throw new Error(`a write answered ${answer.status}: ${await answer.text()}`);
  }
  console.log(
    `${readings} readings of ${METRICS} metrics written in ${((performance.now() - beganMs) / 1_000).toFixed(0)} s`,
  );
}

/** Days, seasons and noise, so that no two metrics have their extremes at the same time. */
function valueAt(timeMs: number, unit: string, place: number): string {
  const noise = Math.sin(timeMs * 12.9898 + place * 78.233) * 43_758.5453;
  const day = Math.max(0, Math.sin((2 * Math.PI * timeMs) / DAY_MS + place));
  const season = 1 + 0.4 * Math.sin((2 * Math.PI * timeMs) / YEAR_MS);
  const share = noise - Math.floor(noise);
  return unit === "W" ? (day * season * 5_000 + share * 300).toFixed(1) : (230 + share * 6).toFixed(2);
}

/** The server makes its rollups when nothing has been written for a minute; the figure is of one that has. */
async function rolledUp(bearer: string, metricId: string, endMs: number): Promise<void> {
  const window = `from=${new Date(endMs - YEAR_MS).toISOString()}&to=${new Date(endMs).toISOString()}`;
  const beganMs = performance.now();
  for (let share = 0; share < ROLLED_UP; ) {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    const path = `/metrics/${metricId}/series?${window}&step=PT24H`;
    share = (await api<{ plan: { rollupShare: number } }>(path, bearer)).plan.rollupShare;
  }
  console.log(`rolled up ${((performance.now() - beganMs) / 1_000).toFixed(0)} s later`);
}

async function measure(cookie: string, metricIds: string, endMs: number): Promise<void> {
  const browser = await launchBrowser();
  const viewport = { width: 1280, height: 900 };
  await using visited = await visit(browser, server, yearPath(metricIds, endMs), { cookie, viewport });
  const { page } = visited;
  await page.locator('[data-drawn]:not([data-drawn=""])').first().waitFor();
  const tookMs = new Map<string, number[]>();
  for (let round = -1; round < ROUNDS; round++) {
    let shownMs = YEAR_MS;
    for (const { name, lengthMs } of STEPS) {
      const took = await drawnAfter(page, "mouseup", () => drag(page, lengthMs / shownMs));
      // The first round is the warm-up: of the browser's code as of the server's.
      if (round >= 0) tookMs.set(name, [...(tookMs.get(name) ?? []), took]);
      shownMs = lengthMs;
      await look(page);
    }
    for (const _ of STEPS) {
      const took = await drawnAfter(page, null, () => page.evaluate("history.back()"));
      if (round >= 0) tookMs.set("back", [...(tookMs.get("back") ?? []), took]);
      await look(page);
    }
  }
  for (const [name, all] of tookMs) {
    all.sort((a, b) => a - b);
    const quantile = (share: number): string => (all[Math.floor(share * (all.length - 1))] ?? Number.NaN).toFixed(0);
    console.log(
      `${name}: median ${quantile(0.5)} ms, p90 ${quantile(0.9)} ms, worst ${quantile(1)} ms of ${all.length}`,
    );
  }
  if (visited.complaints.length > 0) console.log("the browser complained:", visited.complaints);
  await browser.close();
}

/** A person looks at what came before the next step. */
function look(page: Page): Promise<void> {
  return page.waitForTimeout(LOOKS_MS);
}

/** Marks a stretch of the first chart, somewhere in it. */
async function drag(page: Page, share: number): Promise<void> {
  const plot = await page.locator(".u-over").first().boundingBox();
  if (!plot) throw new Error("there is no chart");
  const widthPx = Math.max(6, share * plot.width);
  const fromPx = plot.x + 4 + Math.random() * (plot.width - widthPx - 8);
  const y = plot.y + plot.height / 2;
  await page.mouse.move(fromPx, y);
  await page.mouse.down();
  await page.mouse.move(fromPx + widthPx / 2, y, { steps: 2 });
  await page.mouse.move(fromPx + widthPx, y, { steps: 2 });
  await page.mouse.up();
}

/** Time from an event in the page, or from the act itself, until every chart has drawn another range and the screen shows it, ms. */
async function drawnAfter(page: Page, event: string | null, act: () => Promise<unknown>): Promise<number> {
  await page.evaluate(`{
    const charts = [...document.querySelectorAll("[data-drawn]")];
    const before = charts[0].dataset.drawn;
    let beganMs = performance.now();
    addEventListener(${JSON.stringify(event ?? "")}, () => { beganMs = performance.now(); }, { once: true, capture: true });
    window.benchTook = new Promise((done) => {
      const observer = new MutationObserver(() => {
        if (charts.some((chart) => chart.dataset.drawn === before)) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - beganMs)));
      });
      for (const chart of charts) observer.observe(chart, { attributeFilter: ["data-drawn"] });
    });
    // What a script ends with is waited for.
    true;
  }`);
  await act();
  return page.evaluate<number>("window.benchTook");
}

function yearPath(metricIds: string, endMs: number): string {
  const [from, to] = [new Date(endMs - YEAR_MS).toISOString(), new Date(endMs).toISOString()];
  return `/explore?m=${metricIds}&from=${from}&to=${to}`;
}

async function signIn(): Promise<{ bearer: string; cookie: string }> {
  const answer = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      email: OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL,
      password: OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD,
    }),
  });
  const { accessToken } = (await answer.json()) as { accessToken: string };
  return { bearer: `Bearer ${accessToken}`, cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}

async function api<T>(path: string, authorization: string, body?: object): Promise<T> {
  const headers = { authorization, "content-type": "application/json" };
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`${server.url}/api/v1${path}`, { headers, ...sent });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
