import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startElecnovaSimulator } from "../../simulators/elecnova/index.ts";
import { startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { startPowerPSimulator } from "../../simulators/powerp/index.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { expectAccessible, expectNoSidewaysScrolling, follow, launchBrowser, PHONE, visit } from "./visitor.ts";

const ADMIN = { name: "Ada", email: "ada@example.org", password: "correct horse battery" } as const;
const VIEWER = { name: "Bo", email: "bo@example.org", password: "a viewer's password" } as const;
const HOSTILE = `<img src=x onerror="alert(1)"> & "Roof"`;
const WAIT_MS = 20_000;

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;
/** The administrator's session, from the first test on. */
let cookie: string;

beforeAll(async () => {
  const env = { KILOWATCH_VENDOR_NETWORKS: "127.0.0.0/8" };
  [server, browser] = await Promise.all([
    ServerProcess.start({ command: "serve", dataDir: folder.path, env }),
    launchBrowser(),
  ]);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  folder[Symbol.dispose]();
});

const step = (page: Page, name: string) =>
  page.locator("#checklist").locator("xpath=../..").locator("li", { hasText: name });

/** Sends what the page says is to be pasted into a terminal. */
async function paste(curl: string): Promise<number> {
  const [, url = "", authorization = "", body = ""] =
    /^curl -i (\S+) -H "authorization: ([^"]+)" --data-binary '([^']+)'$/.exec(curl) ?? [];
  return (await fetch(url, { method: "POST", headers: { authorization }, body })).status;
}

async function api<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { cookie, origin: server.url, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

test("a first visit, from the printed link to a pushed reading that appears on the page", async () => {
  await using first = await visit(browser, server, server.signInLink.replace(server.url, ""));
  const { page } = first;
  for (const field of ["name", "email", "password"] as const)
    await page.locator(`input[name=${field}]`).fill(ADMIN[field]);
  await page.locator("main form button").click();
  await page.waitForURL(/\/start$/);
  const session = (await page.context().cookies()).find(({ httpOnly, name }) => httpOnly && /session/.test(name));
  cookie = `${session?.name}=${session?.value}`;

  for (const name of ["An administrator", "A site with its timezone", "Something that delivers", "The first reading"]) {
    expect(await step(page, name).textContent()).toContain(name === "An administrator" ? "Done" : "Missing");
  }
  await expectAccessible(page);
  await page.goto("/");
  await page.locator("main").getByRole("link", { name: "Get started" }).click();
  await page.getByRole("link", { name: "Push data" }).click();

  await page.getByLabel("Name of the site").fill(HOSTILE);
  expect(await page.getByLabel("Timezone").inputValue()).not.toBe("");
  await page.getByLabel("Timezone").fill("Europe/Nowhere");
  await page.getByRole("button", { name: "Make the site" }).click();
  await page.locator("#timezone-error").waitFor();
  await page.getByLabel("Timezone").fill("Europe/Vienna");
  await page.getByRole("button", { name: "Make the site" }).click();
  await page.waitForURL(/\/push\?site=/);

  await page.getByRole("button", { name: "Make a key" }).click();
  const key = (await page.getByRole("region", { name: "The key" }).textContent()) ?? "";
  expect(key).toMatch(/^kw_\w+/);
  expect(page.url()).not.toContain(key);
  await page.locator("#arrived").locator("xpath=../..").locator(".badge.live").waitFor();
  const curl = (await page.getByRole("region", { name: "In a terminal" }).textContent()) ?? "";
  expect(curl).toContain(server.url);
  expect(await paste(curl)).toBe(204);
  await page.getByRole("row", { name: /My-meter\s?Active power 1.50 kW/ }).waitFor({ timeout: WAIT_MS });
  // The key is still there, and the page holds as text whatever a site is called.
  expect(await page.getByRole("region", { name: "The key" }).textContent()).toBe(key);
  expect(await page.locator("main").textContent()).toContain(HOSTILE);
  await expectAccessible(page);

  await page.reload();
  expect(await page.content()).not.toContain(key);
  await page.getByRole("link", { name: "What is still missing" }).click();
  await page.locator("#checklist").waitFor();
  expect(await step(page, "The first reading").textContent()).toContain("Done");
  expect(await page.locator("main").textContent()).toContain("Nothing is missing.");
  // A refused timezone is an answer of 422, of which the browser tells.
  expect(first.complaints.filter((text) => !/422/.test(text))).toEqual([]);
});

test("pushing works without JavaScript", async () => {
  await using visited = await visit(browser, server, "/push?site=new", { cookie, javaScriptEnabled: false });
  const { page } = visited;
  await page.getByLabel("Name of the site").fill("Barn");
  await page.getByLabel("Timezone").fill("UTC");
  await follow(page.getByRole("button", { name: "Make the site" }));
  await follow(page.getByRole("button", { name: "Make a key" }));
  const curl = (await page.getByRole("region", { name: "In a terminal" }).textContent()) ?? "";
  expect(await paste(curl)).toBe(204);
  const [look] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Look again" }).click(),
  ]);
  expect(await look.locator("#arrived").locator("xpath=../..").textContent()).toContain("My-meter");
  expect(await page.getByRole("region", { name: "The key" }).textContent()).toMatch(/^kw_/);
});

describe("connecting", () => {
  test("EnergyGrid: a wrong token says exactly why, the right one leads to devices on the fleet page", async () => {
    await using simulator = await startEnergyGridSimulator({ token: "the-right-token-41f0" });
    await using visited = await visit(browser, server, "/start", { cookie });
    const { page } = visited;
    await page.locator("#doors").locator("xpath=..").getByRole("link", { name: "Connect a vendor" }).click();
    await page.getByRole("link", { name: "Connect EnergyGrid" }).click();
    await page.getByLabel("Name").fill("Roofs");
    await page.getByLabel("Address").fill(simulator.url);
    await page.getByLabel("Token").fill("a-wrong-token-8c1e");
    expect(await page.getByLabel("Token").getAttribute("type")).toBe("password");
    await page.getByRole("button", { name: "Test and go on" }).click();
    await page.getByText("The credential is not accepted").waitFor();
    expect(await page.locator("main").textContent()).toMatch(/refused the signature or the token.*Nothing is saved\./s);
    expect(await page.content()).not.toContain("a-wrong-token-8c1e");
    await expectAccessible(page);

    await page.getByLabel("Token").fill(simulator.token);
    await page.getByRole("button", { name: "Test and go on" }).click();
    await page.waitForURL(/\/devices$/);
    expect(await page.content()).not.toContain(simulator.token);
    await expectAccessible(page);

    // Left here, it is not forgotten.
    await page.goto("/start");
    await page.getByRole("link", { name: "Choose devices" }).click();
    await page.getByLabel("Serial numbers").fill("SN-000..SN-01X");
    await page.getByRole("button", { name: "Go on to the plan" }).click();
    await page.locator("#serials-0-error").waitFor();
    await page.getByLabel("Serial numbers").fill("SN-000..SN-024");
    await page.getByLabel("Site", { exact: true }).selectOption({ label: "A new site…" });
    await page.getByLabel("Name of the new site").fill("Sevilla");
    await page.getByLabel("Timezone").fill("Europe/Madrid");
    await page.getByRole("button", { name: "Go on to the plan" }).click();
    await page.waitForURL(/\/plan$/);
    const seen = simulator.counters.seen;
    expect(await page.locator("main").textContent()).toMatch(/Requests for one value of each\s*3 requests/);
    await page.getByLabel("A new value of each device").selectOption("5");
    await page.waitForURL(/every=5/);
    expect(await page.locator("main").textContent()).toMatch(/From one value to the next\s*5 s/);
    expect(simulator.counters.seen).toBe(seen);

    await page.getByRole("button", { name: "Ask for a value" }).click();
    await page.getByRole("row", { name: /Active power.* k?W/ }).waitFor({ timeout: WAIT_MS });
    await expectAccessible(page);
    await page.getByRole("button", { name: "Start collecting" }).click();
    await page.waitForURL(/\/progress$/);
    await page.getByText("The first readings are here.").waitFor({ timeout: WAIT_MS });
    expect(await page.getByRole("link", { name: "Go to the connection" }).getAttribute("href")).toMatch(
      /^\/connections\//,
    );
    await page.getByRole("link", { name: "See the fleet" }).click();
    await page.getByRole("link", { name: "SN-024", exact: true }).waitFor();
    expect([...simulator.violations].filter(({ kind }) => kind === "rate")).toEqual([]);
    expect(visited.complaints.filter((text) => !/422/.test(text))).toEqual([]);
    expect(server.output).not.toContain(simulator.token);
  });

  test("Elecnova: its cabinets are listed with their timezone, and its past is imported on the page", async () => {
    await using simulator = await startElecnovaSimulator({ cabinets: 3 });
    await using visited = await visit(browser, server, "/connect/new/elecnova", { cookie });
    const { page } = visited;
    await page.getByLabel("Address").fill(simulator.url);
    await page.getByLabel("Client id").fill(simulator.clientId);
    await page.getByLabel("Client secret").fill("one-that-is-wrong");
    await page.getByRole("button", { name: "Test and go on" }).click();
    await page.getByText("The credential is not accepted").waitFor();
    // Sent before the script was there, the form has come back without anything of the credential.
    await page.getByLabel("Client id").fill(simulator.clientId);
    await page.getByLabel("Client secret").fill(simulator.clientSecret);
    await page.getByRole("button", { name: "Test and go on" }).click();
    await page.waitForURL(/\/devices$/);
    // The list is read without another press.
    await page.getByRole("checkbox").first().waitFor({ timeout: WAIT_MS });
    expect(await page.getByRole("checkbox").count()).toBe(3);
    await expectAccessible(page);
    // Cabinets of three timezones cannot stand at one site.
    expect(await page.locator("section[aria-labelledby^=group-]").count()).toBe(3);
    expect(await page.locator("#timezone-0").inputValue()).toBe("Europe/Berlin");
    for (const [index, name] of ["Berlin", "Albany", "Wagga"].entries()) {
      await page.locator(`#site-${index}`).selectOption({ label: "A new site…" });
      await page.locator(`#name-${index}`).fill(name);
    }
    await page.getByRole("button", { name: "Go on to the plan" }).click();
    await page.waitForURL(/\/plan$/);
    await page.getByLabel("Import the past").selectOption("7");
    await page.waitForURL(/past=7/);
    expect(await page.locator("main").textContent()).toMatch(/The past costs\s*\d+ requests?.*And takes/s);
    await page.getByRole("button", { name: "Start collecting" }).click();
    await page.waitForURL(/\/progress$/);
    const past = page.locator("#past").locator("xpath=..");
    await past.getByText(/[1-9]\d* requests made, [1-9][\d,]* readings stored/).waitFor({ timeout: WAIT_MS });
    await expectAccessible(page);
    expect(await page.content()).not.toContain(simulator.clientSecret);
    // The wrong secret is one, and the only one.
    expect(Array.from(simulator.violations, ({ kind }) => kind)).toEqual(["signature"]);
  });

  test("PowerP, without JavaScript, on a phone: signals by database, sites by their names", async () => {
    await using simulator = await startPowerPSimulator();
    await using visited = await visit(browser, server, "/connect", {
      cookie,
      javaScriptEnabled: false,
      viewport: PHONE,
    });
    const { page } = visited;
    await expectNoSidewaysScrolling(page);
    await follow(page.getByRole("link", { name: "Connect PowerP" }));
    await page.getByLabel("Address").fill(simulator.url);
    await page.getByLabel("Client id").fill(simulator.clientId);
    await page.getByLabel("Client secret").fill("one-that-is-wrong");
    await follow(page.getByRole("button", { name: "Test and go on" }));
    expect(await page.locator("main").textContent()).toContain("The credential is not accepted");
    expect(await page.content()).not.toContain("one-that-is-wrong");
    expect(await page.getByLabel("Address").inputValue()).toBe(simulator.url);
    await page.getByLabel("Client id").fill(simulator.clientId);
    await page.getByLabel("Client secret").fill(simulator.clientSecret);
    await follow(page.getByRole("button", { name: "Test and go on" }));
    await expectNoSidewaysScrolling(page);
    await follow(page.getByRole("button", { name: "Ask PowerP what it has" }));
    await page.getByRole("button", { name: "Read the list again" }).waitFor({ timeout: WAIT_MS });
    const groups = page.locator("section[aria-labelledby^=group-]");
    expect(await groups.count()).toBeGreaterThan(0);
    await expectNoSidewaysScrolling(page);

    // Of the first database everything is picked, of the others nothing.
    for (let index = 0; index < (await groups.count()); index++) {
      const boxes = groups.nth(index).getByRole("checkbox");
      if (index > 0) for (const box of await boxes.all()) await box.uncheck();
    }
    const collected = await groups.first().getByRole("checkbox").count();
    await groups.first().getByLabel("Site", { exact: true }).selectOption({ label: "A new site…" });
    await follow(page.getByRole("button", { name: "Go on to the plan" }));
    expect(await page.locator("#timezone-0-error").textContent()).toMatch(/Choose a timezone/);
    if ((await groups.count()) > 1) expect(await groups.nth(1).getByRole("checkbox").first().isChecked()).toBe(false);
    await page.locator("#timezone-0").fill("Europe/Vienna");
    await follow(page.getByRole("button", { name: "Go on to the plan" }));
    expect(await page.locator("main dl").textContent()).toMatch(new RegExp(`Devices\\s*${collected}`));
    await follow(page.getByRole("button", { name: "Ask for a value" }));
    expect(await page.locator("#sample").locator("xpath=..").getByRole("row").count()).toBeGreaterThan(1);
    await expectNoSidewaysScrolling(page);
    await follow(page.getByRole("button", { name: "Start collecting" }));
    await expectNoSidewaysScrolling(page);
    await expect
      .poll(
        async () => {
          await follow(page.getByRole("link", { name: "Look again" }));
          return page.locator("main").textContent();
        },
        { timeout: WAIT_MS, interval: 500 },
      )
      .toContain("The first readings are here.");
    expect(Array.from(simulator.violations, ({ kind }) => kind)).toEqual(["credentials"]);
  });

  test("that was begun is listed, and can be removed", async () => {
    await using simulator = await startEnergyGridSimulator();
    const account = {
      vendor: "energygrid",
      name: HOSTILE,
      baseUrl: simulator.url,
      credential: { token: simulator.token },
    };
    await api("POST", "/connections", account);
    await using visited = await visit(browser, server, "/start", { cookie });
    const { page } = visited;
    const listed = page.locator("#unfinished").locator("xpath=..").locator("li", { hasText: HOSTILE });
    expect(await listed.textContent()).toContain(HOSTILE);
    await listed.getByRole("link", { name: /^Remove/ }).click();
    await page.getByRole("heading", { name: HOSTILE }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.waitForURL(/\/start$/);
    expect(await page.getByRole("status").first().textContent()).toContain("The connection is removed.");
    expect(await listed.count()).toBe(0);
    const { items } = await api<{ items: { name: string }[] }>("GET", "/connections");
    expect(items.map(({ name }) => name)).not.toContain(HOSTILE);
    expect(visited.complaints).toEqual([]);
  });
});

test("somebody who may only look sees the doors, and is told who may open them", async () => {
  await api("POST", "/users", VIEWER);
  await using visited = await visit(browser, server, "/sign-in");
  const { page } = visited;
  for (const field of ["email", "password"] as const) await page.locator(`input[name=${field}]`).fill(VIEWER[field]);
  await page.locator("main form button").click();
  await page.waitForURL((url) => url.pathname === "/");
  await page.goto("/start");
  expect(await page.locator("main").textContent()).toContain("This takes an administrator.");
  expect(await page.locator("#checklist").count()).toBe(0);
  for (const path of ["/connect", "/push", "/connect/new/energygrid"]) {
    expect((await page.goto(path))?.status()).toBe(403);
    expect(await page.locator("main").textContent()).toContain("Only an administrator can set this up.");
  }
  expect((await page.goto("/connect/new/nobody"))?.status()).toBe(403);
});

test("a stranger is asked to sign in, and led back", async () => {
  await using visited = await visit(browser, server, "/push?site=1");
  expect(new URL(visited.page.url()).search).toBe(`?next=${encodeURIComponent("/push?site=1")}`);
  await using start = await visit(browser, server, "/start");
  expect(new URL(start.page.url()).pathname).toBe("/sign-in");
});

test("fits a phone", async () => {
  for (const path of ["/start", "/push", "/connect", "/connect/new/elecnova"]) {
    await using visited = await visit(browser, server, path, { cookie, viewport: PHONE });
    await expectNoSidewaysScrolling(visited.page);
    await expectAccessible(visited.page);
    expect(visited.complaints).toEqual([]);
  }
});
