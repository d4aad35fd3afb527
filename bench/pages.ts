/**
 * Measures every page of the demo (500 inverters, polled meanwhile) as its administrator gets it: `node bench/pages.ts [part of a path] [paints]`
 * after `npm run build -w web`; the part "/" is the fleet alone. Prints the time from request to last byte, and the largest
 * contentful paint in a browser that has been on the page before and whose processor is slowed to a quarter.
 */
import type { Browser } from "playwright-core";
import { DemoAdmin, type Listed } from "../e2e/pages/demo-admin.ts";
import { launchBrowser, visit } from "../e2e/pages/visitor.ts";
import { ServerProcess, temporaryFolder } from "../e2e/server-process.ts";

/** V8 goes on compiling what it sees often for as long. */
const WARM_UP = 100;
const ROUNDS = 60;
/** `0` measures the server alone. */
const PAINTS = Number(process.argv[3] ?? 5);
const CPU_SLOWDOWN = 4;
/** The demo writes its week of history meanwhile, and its rollups are made for 90 s; the figures are of a server that is past that. */
const SETTLE_MS = 120_000;
/** In which the first visit's scripts come to rest and into the browser's cache. */
const WARM_MS = 500;
/** After the load event nothing larger is painted unless a script brings it; that time is given. */
const PAINT_SETTLE_MS = 1_500;

const wanted = process.argv[2] ?? "";
using folder = temporaryFolder();
const server = await ServerProcess.start({ dataDir: folder.path });
const browser = await launchBrowser();
try {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const admin = await DemoAdmin.signIn(browser, server);
  const { cookie } = admin;
  const paths = (await everyPath(admin)).filter((path) => (wanted === "/" ? path === wanted : path.includes(wanted)));
  console.log("page                                          p50 ms  p99 ms     KB  LCP ms  worst");
  for (const path of paths) {
    const { tookMs, bytes } = await serverTime(path, cookie);
    const paints: number[] = [];
    for (let round = 0; round < PAINTS; round++) paints.push(await largestPaint(browser, path, cookie));
    const columns = [
      quantile(tookMs, 0.5).toFixed(1),
      quantile(tookMs, 0.99).toFixed(1),
      (bytes / 1_024).toFixed(0),
      quantile(paints, 0.5).toFixed(0),
      quantile(paints, 1).toFixed(0),
    ];
    const name = path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…");
    console.log(`${name.padEnd(44)}${columns.map((column) => column.padStart(8)).join("")}`);
  }
} finally {
  await browser.close();
  await server.stop();
}

function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.floor(share * (values.length - 1))] ?? Number.NaN;
}

async function everyPath(admin: DemoAdmin): Promise<string[]> {
  const first = async (path: string): Promise<Listed> => {
    const [item] = await admin.list(path);
    if (!item) throw new Error(`${path} lists nothing`);
    return item;
  };
  const [site, connection] = [await first("/sites"), await first("/connections")];
  const device = await first(`/sites/${site.id}/devices`);
  const metricId = device.metrics?.[0]?.id;
  const user = await first("/users");
  const [ofSite, ofDevice, ofConnection] = [
    `/sites/${site.id}`,
    `/devices/${device.id}`,
    `/connections/${connection.id}`,
  ];
  return [
    "/",
    "/sites",
    ofSite,
    `${ofSite}/edit`,
    `${ofSite}/delete`,
    `${ofSite}/devices/new`,
    "/sites/new",
    ofDevice,
    `${ofDevice}?range=7d`,
    `${ofDevice}/edit`,
    `${ofDevice}/replace`,
    `${ofDevice}/delete`,
    `${ofDevice}/metrics`,
    `${ofDevice}/metrics/${metricId}`,
    "/explore",
    `/explore?m=${metricId}`,
    "/coverage",
    `/coverage?site=${site.id}`,
    `/coverage/${device.id}`,
    "/connections",
    ofConnection,
    `${ofConnection}/devices`,
    `${ofConnection}/imports`,
    `${ofConnection}/settings`,
    `${ofConnection}/credential`,
    `${ofConnection}/remove`,
    "/connect",
    "/connect/new/energygrid",
    "/push",
    "/start",
    "/account",
    "/admin",
    "/admin/users",
    "/admin/users/new",
    `/admin/users/${user.id}`,
    `/admin/users/${user.id}/view`,
    "/admin/keys",
    "/admin/keys/new",
    "/admin/audit",
    "/admin/storage",
    "/admin/storage/metrics",
    "/admin/storage/retention",
    "/admin/backup",
  ];
}

async function serverTime(path: string, cookie: string): Promise<{ tookMs: number[]; bytes: number }> {
  const tookMs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const beganMs = performance.now();
    const answer = await fetch(`${server.url}${path}`, { headers: { cookie, accept: "text/html" } });
    bytes = (await answer.arrayBuffer()).byteLength;
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    if (round >= WARM_UP) tookMs.push(performance.now() - beganMs);
  }
  return { tookMs, bytes };
}

/** From the start of the navigation until the largest thing on the page was painted, ms. */
async function largestPaint(browser: Browser, path: string, cookie: string): Promise<number> {
  await using visited = await visit(browser, server, path, { cookie, viewport: { width: 1280, height: 900 } });
  const { page } = visited;
  await page.waitForTimeout(WARM_MS);
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
  await page.goto(path, { waitUntil: "load" });
  return await page.evaluate<number>(
    `new Promise((done) => {
      let latestMs = NaN;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) latestMs = entry.startTime; })
        .observe({ type: "largest-contentful-paint", buffered: true });
      setTimeout(() => done(latestMs), ${PAINT_SETTLE_MS});
    })`,
  );
}
