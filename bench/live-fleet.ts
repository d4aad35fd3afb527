/**
 * Measures the fleet page with 10,000 live devices: `node bench/live-fleet.ts [minutes, 30 by default]` after `npm run build -w web`. A real server is
 * pushed a reading of every device every ten seconds while a real browser has the page open, filters it, sorts it and scrolls through it. Prints
 * the longest tasks of the page's thread and the memory of its tab, minute by minute.
 */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { OPERATOR_ENV } from "../e2e/operator.ts";
import { Person } from "../e2e/pages/person.ts";
import { launchBrowser, visit } from "../e2e/pages/visitor.ts";
import { ServerProcess, temporaryFolder } from "../e2e/server-process.ts";

const MINUTES = Number(process.argv[2] ?? 30);
const SITES = 50;
const DEVICES_PER_SITE = 200;
const PACE_MS = 10_000;
/** A tenth of the fleet at a time, as pollers bring it. */
const PIECES = 10;
const MINUTE_MS = 60_000;
const LONG_TASK_MS = 100;

using folder = temporaryFolder();
const server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV });
const browser = await launchBrowser();
const pushing = new AbortController();
try {
  const { KILOWATCH_ADMIN_EMAIL: email, KILOWATCH_ADMIN_PASSWORD: password } = OPERATOR_ENV;
  const admin = await Person.signIn(server, email, password);
  const { key } = await admin.ask<{ key: string }>("POST", "/api-keys", { name: "bench", scopes: ["ingest"] });
  for (let piece = 0; piece < PIECES; piece++) await push(key, piece);
  const pushed = pushOn(key, pushing.signal);
  await using visited = await visit(browser, server, "/", {
    cookie: admin.cookie,
    viewport: { width: 1280, height: 900 },
  });
  const { page } = visited;
  await page
    .getByText(`of ${SITES * DEVICES_PER_SITE}`)
    .first()
    .waitFor();
  await page.locator(".badge.live").first().waitFor();
  await watchTasks(page);
  console.log("minute  tasks > 100 ms  longest ms  JS heap MB  tab PSS MB  tab RSS MB");
  for (let minute = 1; minute <= MINUTES; minute++) {
    await use(page, minute);
    const { count, longestMs } = await page.evaluate<{ count: number; longestMs: number }>("window.takeTasks()");
    const { heap, pss, rss } = await memoryOf(page);
    const cells = [minute, count, longestMs.toFixed(0), heap.toFixed(0), pss.toFixed(0), rss.toFixed(0)];
    console.log(cells.map((cell) => String(cell).padStart(11)).join(""));
  }
  console.log(visited.complaints.length === 0 ? "the browser complained of nothing" : visited.complaints);
  pushing.abort();
  console.log(`${await pushed} readings were pushed meanwhile`);
} finally {
  pushing.abort();
  await browser.close();
  await server.stop();
}

async function push(key: string, piece: number): Promise<number> {
  const lines: string[] = [];
  const nowMs = Date.now();
  for (let index = piece; index < SITES * DEVICES_PER_SITE; index += PIECES) {
    const site = `Site ${String(index % SITES).padStart(2, "0")}`.replaceAll(" ", "\\ ");
    const device = `Inverter\\ ${String(index).padStart(5, "0")}`;
    const watts = 2_000 + 1_500 * Math.sin(nowMs / 60_000 + index);
    lines.push(`active_power,site=${site},device=${device},unit=W value=${watts.toFixed(1)} ${nowMs}`);
  }
  const answer = await fetch(`${server.url}/api/v2/write?precision=ms`, {
    method: "POST",
    headers: { authorization: `Token ${key}` },
    body: lines.join("\n"),
  });
  if (answer.status !== 204) throw new Error(`a write answered ${answer.status}: ${await answer.text()}`);
  return lines.length;
}

async function pushOn(key: string, signal: AbortSignal): Promise<number> {
  let readings = 0;
  for (let piece = 0; !signal.aborted; piece = (piece + 1) % PIECES) {
    const beganMs = performance.now();
    readings += await push(key, piece);
    const restMs = Math.max(0, PACE_MS / PIECES - (performance.now() - beganMs));
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  return readings;
}

/** What somebody does with the page in a minute, and then they look at it. */
async function use(page: Page, minute: number): Promise<void> {
  const endMs = performance.now() + MINUTE_MS;
  await page.getByRole("searchbox").fill(minute % 2 ? `Site 0${minute % 10}` : "");
  await page.waitForTimeout(2_000);
  for (let step = 0; step < 20; step++) {
    await page.mouse.wheel(0, minute % 2 ? 900 : -900);
    await page.waitForTimeout(100);
  }
  await page.locator(`.head a.${["power", "status", "name"][minute % 3]}`).click();
  await page.waitForTimeout(Math.max(0, endMs - performance.now()));
}

async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(`{
    let tasks = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: "longtask" });
    window.takeTasks = () => {
      const taken = tasks;
      tasks = [];
      return { count: taken.filter((each) => each > ${LONG_TASK_MS}).length, longestMs: Math.max(0, ...taken) };
    };
    true;
  }`);
}

/** MB of 10^6 bytes: of the page's JavaScript, and of the process that draws it. */
async function memoryOf(page: Page): Promise<{ heap: number; pss: number; rss: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  const whole = await browser.newBrowserCDPSession();
  const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
  await whole.detach();
  const ofRenderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => rollupOf(id));
  const largest = ofRenderers.sort((a, b) => b.rss - a.rss)[0] ?? { pss: Number.NaN, rss: Number.NaN };
  return { heap: usedSize / 1e6, ...largest };
}

function rollupOf(pid: number): { pss: number; rss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const of = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1_024) / 1e6;
  return { pss: of("Pss"), rss: of("Rss") };
}
