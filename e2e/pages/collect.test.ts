import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ElecnovaSimulator, startElecnovaSimulator } from "../../simulators/elecnova/index.ts";
import { type EnergyGridSimulator, startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { OPERATOR_ENV, Operator } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import {
  expectAccessible,
  expectNoSidewaysScrolling,
  follow,
  launchBrowser,
  PHONE,
  type Visit,
  visit,
  visitBeforeScripts,
} from "./visitor.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";
const RIGHT_TOKEN = "the-right-token-41f0";
const WRONG_TOKEN = "a-wrong-token-8c1e";
/** Long before the cabinets were connected: nobody asks for it unless told. */
const OUTAGE_DAY = "2026-03-02";
const VIEWER = { email: "viewer@example.org", name: "Vera", password: "a password of the viewer" };
/** A call is sent four times, with growing pauses, before it has failed; and the pause after that grows, too. */
const CHANGED_MS_MAX = 40_000;

interface Connected {
  readonly id: string;
  readonly siteId: string;
  readonly deviceId: string;
}

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;
let grid: EnergyGridSimulator;
let storage: ElecnovaSimulator;
let operator: Operator;
let adminCookie: string;
let viewerCookie: string;
/** An account that does well, whose vendor keeps no past. */
let roofs: Connected;
/** An account whose vendor keeps a past, and is away at first. */
let cabinets: Connected;

beforeAll(async () => {
  [grid, storage, browser, server] = await Promise.all([
    startEnergyGridSimulator({ token: RIGHT_TOKEN }),
    startElecnovaSimulator({ faults: { outage: true }, cabinets: 1 }),
    launchBrowser(),
    ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV }),
  ]);
  operator = await Operator.signIn(server);
  adminCookie = await cookieOf(OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL, OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD);
  cabinets = await connect({
    vendor: "elecnova",
    name: "Storage",
    baseUrl: storage.url,
    credential: { clientId: storage.clientId, clientSecret: storage.clientSecret },
    serialNumbers: [...storage.plant.keys()],
    pollIntervalMs: 1_000,
  });
  roofs = await connect({
    vendor: "energygrid",
    name: `Roofs ${HOSTILE}`,
    baseUrl: grid.url,
    credential: { token: RIGHT_TOKEN },
    serialNumbers: ["SN-000", "SN-001", HOSTILE],
    pollIntervalMs: 2_000,
  });
  await makeViewer();
  viewerCookie = await cookieOf(VIEWER.email, VIEWER.password);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  await Promise.all([grid.close(), storage.close()]);
  folder[Symbol.dispose]();
});

async function connect(account: Parameters<Operator["connect"]>[0]): Promise<Connected> {
  const { id } = await operator.connect(account);
  const devices = JSON.parse(await operator.text("/fleet/devices?limit=500")) as {
    items: { id: string; siteId: string; serialNumber: string }[];
  };
  const device = devices.items.find(({ serialNumber }) => serialNumber === account.serialNumbers[0]);
  return { id, siteId: device?.siteId ?? "", deviceId: device?.id ?? "" };
}

async function cookieOf(email: string, password: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  return (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
}

/** Somebody who may look at the roofs, and at nothing else. */
async function makeViewer(): Promise<void> {
  const { id } = await operator.post<{ id: string }>("/users", VIEWER);
  const answer = await fetch(`${server.url}/api/v1/sites/${roofs.siteId}/members/${id}`, {
    method: "PUT",
    headers: { "content-type": "application/json", cookie: adminCookie, origin: server.url },
    body: JSON.stringify({ role: "viewer" }),
  });
  expect(answer.status).toBe(200);
}

const asAdmin = (path: string, options: Parameters<typeof visit>[3] = {}): Promise<Visit> =>
  visit(browser, server, path, { cookie: adminCookie, ...options });

const main = (page: Page) => page.locator("main");

describe("an outage", () => {
  test("is shown with its exact reason, leaves a hole, and is healed", async () => {
    await using visitor = await asAdmin("/connections");
    const { page } = visitor;
    const card = page.locator("li.card", { hasText: "Storage" });
    await expect.poll(() => card.textContent(), { timeout: CHANGED_MS_MAX }).toContain("does not answer");
    // What needs a look comes first.
    expect(await page.locator("li.card").first().textContent()).toContain("Storage");
    await card.getByRole("link", { name: "Storage" }).click();
    await page.waitForURL(`**/connections/${cabinets.id}`);
    const { message } = await operator.connection(cabinets.id);
    expect(message).toMatch(/Elecnova cannot be reached/);
    expect(await main(page).textContent()).toContain(message);

    // An import of a day is answered by nobody; the hole says so.
    await page.getByRole("link", { name: "Imports" }).click();
    await page.getByLabel("From").fill(OUTAGE_DAY);
    await page.getByLabel("Up to and with").fill(OUTAGE_DAY);
    await page.getByRole("button", { name: "Show what it costs" }).click();
    await page.getByText(/\b1 requests? at most/).waitFor();
    await page.getByRole("button", { name: "Import it" }).click();
    await page.locator(".job.running").waitFor();
    // Where it is not asked, what the page and the server say of the import is what the test says.
    const told = async () =>
      (await failedGaps()) > 0 ? "asked, and not answered" : `${await main(page).textContent()}\n${server.output}`;
    await expect.poll(told, { timeout: CHANGED_MS_MAX }).toBe("asked, and not answered");
    await page.goto(`/coverage?site=${cabinets.siteId}&days=7&until=${OUTAGE_DAY}`);
    await page.locator("td.empty a.hole").click();
    await page.waitForURL(`**/coverage/${cabinets.deviceId}?**`);
    await page.getByRole("cell", { name: "gave no usable answer" }).waitFor();

    await using overview = await asAdmin(`/connections/${cabinets.id}`);
    expect(await main(overview.page).textContent()).toContain("cannot be reached");
    await storage.setFaults({});
    // The page says so by itself.
    await expect
      .poll(() => main(overview.page).textContent(), { timeout: CHANGED_MS_MAX })
      .toContain("is running, for");
    expect(await main(overview.page).textContent()).not.toContain("cannot be reached");
    await page.getByRole("button", { name: "Repair it" }).click();
    await page.locator(".job.done").waitFor({ timeout: CHANGED_MS_MAX });
    await page.getByText("Nothing is missing here").waitFor();
    await page.goto(`/coverage?site=${cabinets.siteId}&days=7&until=${OUTAGE_DAY}`);
    await page.locator("td.full").or(page.locator("td.nothing")).first().waitFor();
    expect(await page.locator("td.empty").count()).toBe(0);
    expect(overview.complaints).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });
});

/** Stretches of the cabinets that the vendor was asked for and did not answer. */
async function failedGaps(): Promise<number> {
  const gaps = JSON.parse(
    await operator.text(`/sites/${cabinets.siteId}/gaps?from=${OUTAGE_DAY}T00:00:00Z&to=${OUTAGE_DAY}T23:59:59Z`),
  ) as {
    items: { outcome: string | null }[];
  };
  return gaps.items.filter(({ outcome }) => outcome === "failed").length;
}

describe("a connection", () => {
  test("says what of its vendor's limit was used, and for what", async () => {
    await expect.poll(async () => (await operator.connection(roofs.id)).requests).toBeGreaterThan(2);
    await using visitor = await asAdmin(`/connections/${roofs.id}`);
    const { page } = visitor;
    const use = page.getByRole("region", { name: "Use of the vendor's limit" }).first();
    const words = (await use.textContent()) ?? "";
    const live = Number(/Values of now (\d+)/.exec(words)?.[1]);
    expect(live).toBeGreaterThan(2);
    expect(words).toContain("The vendor allows 1 request in 1 s.");
    expect(words).toContain("The vendor refused none as too early.");
    expect(await use.getByRole("img").getAttribute("aria-label")).toMatch(/^Requests by the hour and their purpose/);
    await use.getByText("The same as a table").click();
    expect(await use.locator("tbody tr").count()).toBeGreaterThan(0);
    expect(visitor.complaints).toEqual([]);
  });

  test("shows what another schedule would do before it is changed", async () => {
    await using visitor = await asAdmin(`/connections/${roofs.id}`);
    const { page } = visitor;
    await page.getByLabel("Ask every (seconds)").fill("5");
    await page.getByRole("button", { name: "Show what it does" }).click();
    await page.waitForURL(/every=5/);
    await page.getByRole("columnheader", { name: "Every 5 s" }).waitFor();
    expect((await connectionOf(roofs.id)).pollIntervalMs).toBe(2_000);
    await page.getByRole("button", { name: "Ask every 5 s from now on" }).click();
    await page.getByText("Saved, and in force.").waitFor();
    expect((await connectionOf(roofs.id)).pollIntervalMs).toBe(5_000);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(async () => (await connectionOf(roofs.id)).pollIntervalMs).toBe(2_000);
    await page.goto(`/connections/${roofs.id}?every=0.5`);
    await page.getByText("A whole number of seconds").waitFor();
  });

  test("is paused and resumed, with JavaScript and without", async () => {
    for (const javaScriptEnabled of [true, false]) {
      await using visitor = await asAdmin(`/connections/${roofs.id}`, { javaScriptEnabled });
      const { page } = visitor;
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText("Paused: the vendor is asked nothing.").waitFor();
      expect((await operator.connection(roofs.id)).state).toBe("paused");
      await page.getByRole("button", { name: javaScriptEnabled ? "Resume" : "Undo" }).click();
      await page.getByText("Resumed: the vendor is asked again.").waitFor();
      await expect.poll(async () => (await operator.connection(roofs.id)).state).toBe("running");
    }
  });

  test("takes a new credential once it has passed its test, and shows none", async () => {
    await using visitor = await asAdmin(`/connections/${roofs.id}/credential`);
    const { page } = visitor;
    await page.getByLabel("Token").fill(WRONG_TOKEN);
    await page.getByRole("button", { name: "Test it and store it" }).click();
    const refusal = page.getByRole("alert");
    await refusal.waitFor();
    expect(await refusal.textContent()).toContain("The former credential stays");
    expect(await page.content()).not.toContain(WRONG_TOKEN);
    await page.getByLabel("Token").fill(RIGHT_TOKEN);
    await page.getByRole("button", { name: "Test it and store it" }).click();
    await page.getByText("The new credential is stored").waitFor();
    expect(await page.content()).not.toContain(RIGHT_TOKEN);
    expect(server.output).not.toContain(WRONG_TOKEN);
  });

  test("has a name, an address and shares that can be changed, and not over another's change", async () => {
    await using visitor = await asAdmin(`/connections/${cabinets.id}/settings`);
    const { page } = visitor;
    await page.getByLabel("Most that imports may use").fill("200");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("A number from 1 to 100, or nothing.").waitFor();
    await page.getByLabel("Most that imports may use").fill("25");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved, and in force.").waitFor();
    expect(await connectionOf(cabinets.id)).toMatchObject({ name: "Storage", laneShares: { history: 0.25 } });

    await using other = await asAdmin(`/connections/${cabinets.id}/settings`);
    await other.page.getByLabel("Name").fill("Cabinets");
    await other.page.getByRole("button", { name: "Save" }).click();
    await other.page.getByText("Saved, and in force.").waitFor();
    await page.getByLabel("Name").fill("Lost");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Somebody changed it meanwhile.").waitFor();
    await expect.poll(() => page.getByLabel("Name").inputValue()).toBe("Cabinets");
    expect((await connectionOf(cabinets.id)).name).toBe("Cabinets");
  });

  test("shows what its vendor lists, and what an import costs before it begins", async () => {
    await using visitor = await asAdmin(`/connections/${cabinets.id}/devices`);
    const { page } = visitor;
    await page.getByRole("button", { name: "Read the list now" }).click();
    await page.getByText("The vendor's list was read.").waitFor();
    expect(await page.getByRole("group", { name: "Devices that the vendor lists" }).textContent()).toContain(
      "collected",
    );

    await page.getByRole("link", { name: "Imports" }).click();
    await page.getByLabel("From").fill("2026-05-01");
    await page.getByLabel("Up to and with").fill("2026-05-10");
    await page.getByRole("button", { name: "Show what it costs" }).click();
    await page.getByText(/10 requests at most/).waitFor();
    await page.getByRole("button", { name: "Import it" }).click();
    await page.locator(".job.done", { hasText: "2026-05-01 to 2026-05-10" }).waitFor({ timeout: 20_000 });
    // Of a vendor that keeps no past it is said at once.
    await page.goto(`/connections/${roofs.id}/imports`);
    expect(await main(page).textContent()).toContain("EnergyGrid keeps no past that can be asked for");
    expect(visitor.complaints).toEqual([]);
  });

  test("begins an import of the days that stand in the fields, and of no others", async () => {
    await using visitor = await asAdmin(`/connections/${cabinets.id}`);
    const { page } = visitor;
    const letScriptsCome = await visitBeforeScripts(page, `/connections/${cabinets.id}/imports`);
    const begin = page.getByRole("button", { name: "Import it" });
    await begin.waitFor();
    const from = page.getByLabel("From");
    const suggested = await from.inputValue();
    await from.fill("2026-05-01");
    letScriptsCome();
    await begin.waitFor({ state: "hidden" });
    await from.fill(suggested);
    await begin.waitFor();
    await from.fill("2026-05-01");
    await begin.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Show what it costs" }).click();
    await begin.waitFor();
    expect(new URL(page.url()).searchParams.get("from")).toBe("2026-05-01");
    expect(visitor.complaints).toEqual([]);
  });

  test("is planned as somebody chose, also before the script came", async () => {
    await using visitor = await asAdmin("/connections");
    const { page } = visitor;
    const letScriptsCome = await visitBeforeScripts(page, `/connect/${roofs.id}/plan`);
    await page.getByLabel("A new value of each device").selectOption("30");
    letScriptsCome();
    await page.waitForURL(/every=30/);
    await main(page)
      .filter({ hasText: /From one value to the next\s*30 s/ })
      .waitFor();
    expect(await page.getByLabel("A new value of each device").inputValue()).toBe("30");
    expect(visitor.complaints).toEqual([]);
  });

  test("is removed only after it was said what is lost", async () => {
    const { id } = await operator.connect({
      vendor: "energygrid",
      name: "Old account",
      baseUrl: grid.url,
      credential: { token: RIGHT_TOKEN },
      serialNumbers: ["SN-100"],
      pollIntervalMs: 60_000,
    });
    await using visitor = await asAdmin(`/connections/${id}/settings`, { javaScriptEnabled: false });
    const { page } = visitor;
    await follow(page.getByRole("link", { name: "Remove this connection…" }));
    expect(await main(page).textContent()).toContain("stay on their sites with all their readings");
    await follow(page.getByRole("button", { name: "Remove it" }));
    await page.getByText("The connection is removed.").waitFor();
    expect(await operator.text("/connections")).not.toContain(id);
    expect(await operator.text("/fleet/devices?limit=500")).toContain("SN-100");
  });
});

async function connectionOf(id: string) {
  const text = await operator.text(`/connections/${id}`);
  return JSON.parse(text) as { name: string; pollIntervalMs: number; laneShares: object };
}

describe("everywhere", () => {
  const paths = () => [
    "/connections",
    `/connections/${roofs.id}`,
    `/connections/${cabinets.id}?every=30&range=7d`,
    `/connections/${cabinets.id}/imports`,
    `/connections/${cabinets.id}/devices`,
    `/connections/${roofs.id}/devices`,
    `/connections/${roofs.id}/settings`,
    `/connections/${roofs.id}/credential`,
    `/connections/${roofs.id}/remove`,
    `/coverage?site=${roofs.siteId}`,
    `/coverage?site=${cabinets.siteId}&days=90`,
    `/coverage?site=${cabinets.siteId}&day=${new Date().toISOString().slice(0, 10)}`,
    `/coverage/${cabinets.deviceId}`,
    `/coverage/${roofs.deviceId}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z`,
  ];

  test("pages are accessible in both themes, fit a phone, and show hostile names as text", async () => {
    await using visitor = await asAdmin("/connections", { viewport: PHONE });
    const { page } = visitor;
    for (const path of paths()) {
      await page.goto(path);
      await expectNoSidewaysScrolling(page);
      await expectAccessible(page);
      expect(await page.locator("img").count(), path).toBe(0);
    }
    await page.goto(`/connections/${roofs.id}`);
    expect(await page.locator("h1").textContent()).toBe(`Roofs ${HOSTILE}`);
    expect(visitor.complaints).toEqual([]);
  });

  test("pages can be read without JavaScript", async () => {
    await using visitor = await asAdmin("/connections", { javaScriptEnabled: false });
    const { page } = visitor;
    for (const path of paths()) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(200);
      expect(await page.locator("h1").count(), path).toBe(1);
    }
    await page.goto(`/coverage?site=${roofs.siteId}`);
    expect(await page.getByRole("rowheader", { name: HOSTILE }).count()).toBeGreaterThan(0);
  });

  test("a viewer sees the coverage of their site, and nothing of connections", async () => {
    await using visitor = await visit(browser, server, "/coverage", { cookie: viewerCookie });
    const { page } = visitor;
    expect(await page.getByRole("navigation", { name: "Sections" }).textContent()).not.toContain("Connections");
    expect(await main(page).textContent()).toContain("SN-001");
    expect(await main(page).textContent()).not.toContain("Site of Storage");
    await page.goto(`/coverage/${roofs.deviceId}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z`);
    expect(await page.getByRole("button", { name: "Repair it" }).count()).toBe(0);
    expect((await page.goto("/connections"))?.status()).toBe(403);
    expect((await page.goto(`/connections/${roofs.id}`))?.status()).toBe(403);
    expect((await page.goto(`/coverage/${cabinets.deviceId}`))?.status()).toBe(404);
  });

  test("whoever is not signed in is asked to, and comes back", async () => {
    await using visitor = await visit(browser, server, `/connections/${roofs.id}`);
    expect(new URL(visitor.page.url()).pathname).toBe("/sign-in");
    await visitor.page.getByLabel("E-mail").fill(OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL);
    await visitor.page.getByLabel("Password").fill(OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD);
    await visitor.page.locator("main form button").click();
    await visitor.page.waitForURL(`**/connections/${roofs.id}`);
  });
});
