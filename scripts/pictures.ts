/**
 * Takes the pictures of `docs/images`: `node scripts/pictures.ts [folder]` after `npm run build -w web`. Starts the demo on an empty folder, lets its
 * week of history be written, and visits the pages as its administrator; wants Chromium (CHROMIUM_PATH, or /usr/bin/chromium).
 */
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { DemoAdmin } from "../e2e/pages/demo-admin.ts";
import { launchBrowser, visit } from "../e2e/pages/visitor.ts";
import { ServerProcess, temporaryFolder } from "../e2e/server-process.ts";

const WIDE = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const SETTLE_MS = 70_000;
/** Charts come after the page. */
const DRAWN_MS = 3_000;

const target = process.argv[2] ?? join(import.meta.dirname, "../docs/images");
using folder = temporaryFolder();
const server = await ServerProcess.start({ dataDir: folder.path });
const browser = await launchBrowser();
try {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const admin = await DemoAdmin.signIn(browser, server);
  const { cookie } = admin;
  const [site] = await admin.list("/sites");
  const [device, ...others] = await admin.list(`/sites/${site?.id}/devices`);
  const [connection] = await admin.list("/connections");
  const powers = [device, ...others.slice(0, 3)].map(
    (each) => each?.metrics?.find(({ name }) => name === "active_power")?.id,
  );
  const take = async (name: string, path: string, options: BrowserContextOptions = {}): Promise<void> => {
    await using visited = await visit(browser, server, path, {
      cookie,
      viewport: WIDE,
      colorScheme: "light",
      ...options,
    });
    await visited.page.waitForTimeout(DRAWN_MS);
    await visited.page.screenshot({ path: join(target, `${name}.png`) });
  };
  await take("site", `/sites/${site?.id}`);
  await take("device", `/devices/${device?.id}`, { colorScheme: "dark" });
  await take("explore", `/explore?m=${powers.join(",")}&range=7d`);
  await take("coverage", `/coverage?site=${site?.id}`);
  await take("connection", `/connections/${connection?.id}`);
  await take("storage", "/admin/storage", { colorScheme: "dark" });
  // Last: the energy of today is added up beside requests.
  await take("fleet", "/");
  await take("fleet-phone", "/", { viewport: PHONE, colorScheme: "dark" });
} finally {
  await browser.close();
  await server.stop();
}
