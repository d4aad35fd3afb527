import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPERATOR_ENV } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { Person } from "./person.ts";
import { expectAccessible, follow, launchBrowser, visit } from "./visitor.ts";

/** More than two pages of the list. */
const DEVICES = 1_200;
const ROWS_PER_PAGE = 500;
/** Rows that a window sees, and those beside them. */
const ROWS_IN_DOCUMENT_MAX = 100;
const ARRIVED_MS_MAX = 10_000;
const LAST = `Inverter ${DEVICES - 1}`;

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;
let admin: Person;
let key: string;

beforeAll(async () => {
  server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV });
  browser = await launchBrowser();
  const { KILOWATCH_ADMIN_EMAIL: email, KILOWATCH_ADMIN_PASSWORD: password } = OPERATOR_ENV;
  admin = await Person.signIn(server, email, password);
  ({ key } = await admin.ask<{ key: string }>("POST", "/api-keys", { name: "gateway", scopes: ["ingest"] }));
  await push(Array.from({ length: DEVICES }, (_, index) => [`Inverter ${String(index).padStart(4, "0")}`, index]));
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  folder[Symbol.dispose]();
});

async function push(watts: readonly (readonly [device: string, watts: number])[]): Promise<void> {
  const lines = watts.map(
    ([device, value]) => `active_power,site=Park,device=${device.replaceAll(" ", "\\ ")},unit=W value=${value}`,
  );
  const headers = { authorization: `Token ${key}` };
  const answer = await fetch(`${server.url}/api/v2/write`, { method: "POST", headers, body: lines.join("\n") });
  expect(answer.status).toBe(204);
}

test("a fleet of more devices than a page can be scrolled through, searched and followed as one list", async () => {
  await using visited = await visit(browser, server, "/", { cookie: admin.cookie });
  const { page, complaints } = visited;
  await expect
    .poll(() => page.locator("li[aria-setsize]").first().getAttribute("aria-setsize"), { timeout: ARRIVED_MS_MAX })
    .toBe(String(DEVICES));
  await expectAccessible(page);
  await page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
  await page.locator(`li[aria-posinset="${DEVICES}"]`).waitFor();
  expect(await page.locator("li[aria-posinset]").count()).toBeLessThan(ROWS_IN_DOCUMENT_MAX);

  await page.getByRole("searchbox").fill(LAST);
  const row = page.locator("li[aria-posinset]");
  await expect.poll(() => row.count()).toBe(1);
  await push([[LAST, 4_321]]);
  await expect.poll(() => row.textContent(), { timeout: ARRIVED_MS_MAX }).toContain("4.32 kW");
  expect(complaints).toEqual([]);
});

test("without JavaScript it is read page by page, each device once", async () => {
  await using visited = await visit(browser, server, "/", { cookie: admin.cookie, javaScriptEnabled: false });
  const { page } = visited;
  const read: string[] = [];
  for (let left = DEVICES; left > 0; left -= ROWS_PER_PAGE) {
    const names = await page.locator("main ul li a.name").allTextContents();
    expect(names).toHaveLength(Math.min(left, ROWS_PER_PAGE));
    read.push(...names);
    if (left > ROWS_PER_PAGE) await follow(page.getByRole("link", { name: "Next devices" }));
  }
  expect(new Set(read).size).toBe(DEVICES);
});
