import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../free-port.ts";
import { OPERATOR_ENV } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { Person } from "./person.ts";
import { makePlant, type Plant } from "./plant.ts";
import { launchBrowser, visit } from "./visitor.ts";

const BACK_MS_MAX = 15_000;

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;
let admin: Person;
let plant: Plant;

beforeAll(async () => {
  const port = await freePort();
  server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV, port });
  browser = await launchBrowser();
  admin = await signIn();
  plant = await makePlant(admin);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  folder[Symbol.dispose]();
});

function signIn(): Promise<Person> {
  return Person.signIn(server, OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL, OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD);
}

/** One reading of the battery, which is the last of its kind: nothing that comes later could show it in passing. */
async function push(value: number): Promise<void> {
  const reading = { deviceId: plant.battery.id, name: "active_power", time: new Date().toISOString(), value };
  await admin.ask("POST", "/readings", { readings: [reading] }, plant.ingestKey);
}

test.each([
  ["was stopped", () => server.stop()],
  ["was killed", () => server.kill("all")],
] as const)(
  "pages that are open when the server %s come back, and miss nothing of what came meanwhile",
  async (_name, end) => {
    const { cookie } = admin;
    await using onSite = await visit(browser, server, `/sites/${plant.siteId}`, { cookie });
    await using onDevice = await visit(browser, server, `/devices/${plant.battery.id}`, { cookie });
    await using onFleet = await visit(browser, server, "/", { cookie });
    const open = [onSite, onDevice, onFleet].map(({ page }) => page);
    for (const page of open) await page.locator(".badge.live").first().waitFor();
    await push(1.11);
    for (const page of open) await expect.poll(() => page.locator("main").textContent()).toContain("1.11 kW");

    const port = Number(new URL(server.url).port);
    await end();
    for (const page of open) await page.locator(".badge:not(.live)").first().waitFor();
    server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV, port });
    // The pages may be back already or not: whichever it is, this reading is to be seen.
    await push(3.33);
    for (const page of open) {
      await expect.poll(() => page.locator("main").textContent(), { timeout: BACK_MS_MAX }).toContain("3.33 kW");
      await page.locator(".badge.live").first().waitFor({ timeout: BACK_MS_MAX });
    }
  },
);
