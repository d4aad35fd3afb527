import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_ENV } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { Person } from "./person.ts";
import { HOSTILE, makePlant, type Plant } from "./plant.ts";
import { expectAccessible, expectNoSidewaysScrolling, follow, launchBrowser, PHONE, visit } from "./visitor.ts";

const PASSWORD = "a long line of words";
const TECHNICIAN = "tess@example.org";

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;
let admin: Person;
let technician: Person;
let viewer: Person;
let plant: Plant;
let otherSiteId: string;

async function member(email: string, role: "technician" | "viewer"): Promise<Person> {
  const user = await admin.ask<{ id: string }>("POST", "/users", { email, name: email, password: PASSWORD });
  await admin.ask("PUT", `/sites/${plant.siteId}/members/${user.id}`, { role });
  return Person.signIn(server, email, PASSWORD);
}

beforeAll(async () => {
  server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV });
  browser = await launchBrowser();
  admin = await Person.signIn(server, OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL, OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD);
  plant = await makePlant(admin);
  otherSiteId = (await admin.ask<{ id: string }>("POST", "/sites", { name: "Elsewhere", timezone: "UTC" })).id;
  technician = await member(TECHNICIAN, "technician");
  viewer = await member("vic@example.org", "viewer");
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  folder[Symbol.dispose]();
});

describe("a site", () => {
  test("shows its power stacked by kind, its energy, its devices and what looks wrong, and moves with the readings", async () => {
    await using visitor = await visit(browser, server, `/sites/${plant.siteId}`, { cookie: viewer.cookie });
    const { page } = visitor;
    expect(await page.locator("h1").textContent()).toBe(`Roof ${HOSTILE}`);
    await page.locator(".uplot canvas").first().waitFor();
    const now = page.getByRole("region", { name: "Power now" });
    expect(await now.textContent()).toMatch(/Battery, charging\s*−2\.\d+ kW/);
    expect(await page.getByRole("region", { name: "Energy" }).textContent()).toMatch(
      /so far: PV .*kWh, Battery −.*kWh, Meters −.*kWh; \d+ % covered/,
    );
    expect(await page.getByRole("region", { name: "What looks wrong" }).textContent()).toMatch(
      /More, or less, than there can be/,
    );
    const rows = page.getByRole("region", { name: "Devices" }).getByRole("listitem");
    expect(await rows.count()).toBe(3);

    await page.locator(".badge.live").waitFor();
    const readings = [
      { deviceId: plant.battery.id, name: "active_power", time: new Date().toISOString(), value: 4.32 },
    ];
    await admin.ask("POST", "/readings", { readings }, plant.ingestKey);
    await expect.poll(() => now.textContent()).toMatch(/Battery, discharging\s*4\.32 kW/);
    await expect.poll(() => rows.filter({ hasText: "Cabinet" }).textContent()).toContain("4.32");

    await page.getByRole("link", { name: "Months" }).click();
    await page.waitForURL(/energy=month/);
    expect(
      await page
        .getByRole("region", { name: "Energy" })
        .getByText(/^\w+ \d{4} so far/)
        .count(),
    ).toBe(1);
    expect(visitor.complaints).toEqual([]);
  });

  test("can be read without JavaScript: areas, bars, tables, links", async () => {
    await using visitor = await visit(browser, server, `/sites/${plant.siteId}?energy=year`, {
      cookie: viewer.cookie,
      javaScriptEnabled: false,
    });
    const { page } = visitor;
    expect(await page.getByRole("region", { name: "Power today" }).locator("svg path").count()).toBeGreaterThanOrEqual(
      3,
    );
    await page.getByText("Means by the hour as a table").click();
    expect(
      await page.getByRole("region", { name: "Means by the hour as a table" }).getByRole("row").count(),
    ).toBeGreaterThan(5);
    await follow(page.getByRole("link", { name: "Days", exact: true }));
    expect(
      await page.getByRole("region", { name: "Energy" }).locator("rect[class*=group-]").count(),
    ).toBeGreaterThanOrEqual(6);
    await page.getByText(/^Show \d+ values$/).click();
    expect(await page.getByRole("region", { name: "Latest values" }).getByRole("row").count()).toBe(7);
    await follow(page.getByRole("region", { name: "Devices" }).getByRole("link", { name: "Cabinet" }));
    expect(await page.locator("h1").textContent()).toBe("Cabinet");
  });

  test("is listed with what it gives, and reached from the fleet", async () => {
    await using visitor = await visit(browser, server, "/sites", { cookie: viewer.cookie });
    const { page } = visitor;
    expect(await page.getByRole("row").count()).toBe(2);
    await page.getByRole("link", { name: `Roof ${HOSTILE}` }).click();
    await page.waitForURL(`**/sites/${plant.siteId}`);
    expect(visitor.complaints).toEqual([]);
  });
});

test("a technician's day: a device is added, looked at, changed, replaced and deleted", async () => {
  await using visitor = await visit(browser, server, `/sign-in?next=/sites/${plant.siteId}`);
  const { page } = visitor;
  await page.getByLabel("E-mail").fill(TECHNICIAN);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Add a device" }).click();

  await page.getByLabel("Name", { exact: true }).first().fill("Shed");
  await page.getByLabel("Kind").first().selectOption("inverter");
  await page.getByLabel("Serial number").fill("S-1");
  await page.getByLabel("Rated power, kW").fill("much");
  await page.getByRole("button", { name: "Another row" }).click();
  await expect.poll(() => page.getByRole("group").count()).toBe(5);
  const row = page.getByRole("group", { name: "Metric 5" });
  await row.getByLabel("Name").fill("voltage");
  await page.getByRole("button", { name: "Add the device" }).click();
  await page.locator("#ratedPowerKw-error").waitFor();
  expect(await page.locator("#metric-4-error").textContent()).toMatch(/fill this in/);
  await page.getByLabel("Rated power, kW").fill("8,5");
  await row.getByLabel("Unit").fill("V");
  await page.getByRole("button", { name: "Add the device" }).click();
  await page.getByText("The device is there").waitFor();
  expect(await page.getByRole("main").textContent()).toMatch(/8\.50 kW/);
  const deviceId = new URL(page.url()).pathname.split("/").at(-1) ?? "";

  const pushed = { deviceId, name: "active_power", time: new Date(Date.now() - 600_000).toISOString(), value: 1_234 };
  await admin.ask("POST", "/readings", { readings: [pushed] }, plant.ingestKey);
  await expect
    .poll(() => page.getByRole("region", { name: "Power now" }).textContent(), { timeout: 10_000 })
    .toContain("1.23");
  await page.getByRole("link", { name: "30 days" }).click();
  await page.waitForURL(/range=30d/);
  await page.locator(".uplot canvas").first().waitFor();
  await page.getByLabel("What to show").selectOption({ label: "Voltage" });
  await page.waitForURL(/metric=/);
  await page.getByText("No readings in this range.").waitFor();

  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Model").fill("Sunny 8");
  await admin.ask("PATCH", `/devices/${deviceId}`, { name: "Old shed" });
  await page.getByRole("button", { name: "Save" }).click();
  expect(await page.getByRole("alert").textContent()).toMatch(/Somebody else has changed this/);
  await page.getByText("Now: Old shed").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The device is saved.").waitFor();
  expect(await page.locator("h1").textContent()).toBe("Shed");

  await page.getByRole("link", { name: "Change metrics" }).click();
  await page.getByLabel("Name", { exact: true }).fill(HOSTILE);
  await page.getByLabel("Unit").fill("1");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByText("The metric is there").waitFor();
  await page.getByRole("link", { name: `Change ${HOSTILE}` }).click();
  await page.getByRole("heading", { name: `Change ${HOSTILE}` }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("fan_speed");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The metric is saved.").waitFor();
  await page.getByRole("link", { name: "Change fan_speed" }).click();
  await page.getByRole("link", { name: "Delete this metric" }).click();
  await page.getByRole("button", { name: "Delete the metric" }).click();
  await page.getByText("The metric is deleted.").waitFor();
  expect(await page.getByRole("main").textContent()).not.toContain("fan_speed");

  await page.goto(`/devices/${deviceId}`);
  await page.getByRole("link", { name: "Replace the unit" }).click();
  await page.getByLabel("Serial number of the new unit").fill("S-1");
  await page.getByRole("button", { name: "Replace it" }).click();
  await page.getByText("The device has this serial number already.").waitFor();
  await page.getByLabel("Serial number of the new unit").fill("S-2");
  await page.getByRole("button", { name: "Replace it" }).click();
  await page.getByText("The new unit has taken the device's place").waitFor();
  const facts = page.getByRole("region", { name: "About this device" });
  expect(await facts.textContent()).toMatch(/S-2.*Former units\s*S-1\s*until \d{4}-\d{2}-\d{2}/s);
  expect(await page.getByRole("region", { name: "Power now" }).textContent()).toContain("1.23");

  await page.getByRole("link", { name: "Delete", exact: true }).click();
  await page.getByRole("heading", { name: "Delete Shed?" }).waitFor();
  expect(await page.getByRole("main").textContent()).toMatch(
    /Its 3 metrics go with it:.*Voltage.*stay on the disk until retention ends/s,
  );
  await page.getByRole("button", { name: "Delete the device" }).click();
  await page.getByText("The device is deleted.").waitFor();
  expect(new URL(page.url()).pathname).toBe(`/sites/${plant.siteId}`);
  expect(await page.getByRole("main").textContent()).not.toContain("Shed");
  // Refused forms are answered with their status, which the browser writes down.
  expect(visitor.complaints.filter((complaint) => !/status of 4(12|22)/.test(complaint))).toEqual([]);
});

test("an administrator makes, changes and deletes a site, without JavaScript too", async () => {
  for (const javaScriptEnabled of [true, false]) {
    await using visitor = await visit(browser, server, "/sites", { cookie: admin.cookie, javaScriptEnabled });
    const { page } = visitor;
    await page.getByRole("link", { name: "Add a site" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Barn");
    await page.getByLabel("Timezone").fill("Mars/Olympus");
    await page.getByRole("button", { name: "Add the site" }).click();
    expect(await page.locator("#timezone-error").textContent()).toMatch(/IANA/);
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Barn");
    await page.getByLabel("Timezone").fill("Asia/Kathmandu");
    await page.getByLabel("Latitude").fill("27,7");
    await page.getByLabel("Peak power, kW").fill("5.1");
    // A double click is one wish.
    await page.getByRole("button", { name: "Add the site" })[javaScriptEnabled ? "dblclick" : "click"]();
    await page.getByText("The site is there.").waitFor();
    expect(await page.getByRole("main").textContent()).toMatch(/Asia\/Kathmandu.*5\.10 kW peak/s);
    const siteId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const { items } = await admin.ask<{ items: { name: string }[] }>("GET", "/sites");
    expect(items.filter(({ name }) => name === "Barn")).toHaveLength(1);

    await page.getByRole("link", { name: "Edit site" }).click();
    expect(await page.getByLabel("Latitude").inputValue()).toBe("27.7");
    await page.getByLabel("Name", { exact: true }).fill("Big barn");
    await admin.ask("PATCH", `/sites/${siteId}`, { peakPowerW: 9_000 });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Now: Barn").waitFor();
    expect(await page.locator("#peakPowerKw-hint").textContent()).toBe("Now: 9");
    await page.getByLabel("Peak power, kW").fill("9");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The site is saved.").waitFor();
    expect(await admin.ask("GET", `/sites/${siteId}`)).toMatchObject({
      name: "Big barn",
      peakPowerW: 9_000,
      longitude: null,
    });

    await admin.ask("POST", `/sites/${siteId}/devices`, {
      name: HOSTILE,
      kind: "other",
      metrics: [{ name: "x", unit: "1" }],
    });
    await page.getByRole("link", { name: "Edit site" }).click();
    await page.getByRole("link", { name: "Delete this site" }).click();
    expect(await page.getByRole("main").getByRole("listitem").textContent()).toBe(HOSTILE);
    await page.getByLabel("Type the site's name").fill("barn");
    await page.getByRole("button", { name: "Delete the site" }).click();
    await page.getByText("This is not the site's name.").waitFor();
    await page.getByLabel("Type the site's name").fill("Big barn");
    await page.getByRole("button", { name: "Delete the site" }).click();
    await page.getByText("The site is deleted.").waitFor();
    await expect(admin.ask("GET", `/sites/${siteId}`)).rejects.toThrow(/404/);
  }
});

describe("a viewer", () => {
  test("is offered nothing to change", async () => {
    for (const path of [`/sites/${plant.siteId}`, `/devices/${plant.inverter.id}`, "/sites"]) {
      await using visitor = await visit(browser, server, path, { cookie: viewer.cookie });
      const offered = visitor.page
        .getByRole("main")
        .getByRole("link", { name: /edit|delete|replace|add|change metrics/i });
      expect(await offered.count(), path).toBe(0);
      expect(visitor.complaints).toEqual([]);
    }
  });

  test("is refused where something is changed, and told of no other site", async () => {
    const metricId = plant.inverter.metrics[0]?.id;
    const statuses = async (cookie: string, paths: readonly string[]): Promise<Record<string, number>> => {
      const answers = paths.map(async (path): Promise<[string, number]> => {
        const answer = await fetch(`${server.url}${path}`, { headers: { cookie, accept: "text/html" } });
        await answer.body?.cancel();
        return [path, answer.status];
      });
      return Object.fromEntries(await Promise.all(answers));
    };
    const ofDevice = ["edit", "replace", "delete", "metrics", `metrics/${metricId}`, `metrics/${metricId}/delete`];
    const devicePaths = ofDevice.map((path) => `/devices/${plant.inverter.id}/${path}`);
    const sitePaths = ["/sites/new", `/sites/${plant.siteId}/edit`, `/sites/${plant.siteId}/delete`];
    const adding = `/sites/${plant.siteId}/devices/new`;
    const each = (paths: readonly string[], status: number) => Object.fromEntries(paths.map((path) => [path, status]));
    expect(await statuses(viewer.cookie, [...devicePaths, ...sitePaths, adding])).toEqual(
      each([...devicePaths, ...sitePaths, adding], 403),
    );
    expect(await statuses(technician.cookie, [...devicePaths, adding])).toEqual(each([...devicePaths, adding], 200));
    expect(await statuses(technician.cookie, sitePaths)).toEqual(each(sitePaths, 403));
    const foreign = ["", "/edit", "/delete", "/devices/new"].map((path) => `/sites/${otherSiteId}${path}`);
    expect(await statuses(technician.cookie, foreign)).toEqual(each(foreign, 404));
  });

  test("changes nothing by sending the form that is not shown", async () => {
    const answer = await fetch(`${server.url}/devices/${plant.inverter.id}/delete`, {
      method: "POST",
      headers: { cookie: viewer.cookie, origin: server.url, "content-type": "application/x-www-form-urlencoded" },
      body: "",
    });
    expect(answer.status).toBe(403);
    expect(await admin.ask("GET", `/devices/${plant.inverter.id}`)).toHaveProperty("id", plant.inverter.id);
  });

  test("who is not signed in is asked to, and comes back", async () => {
    await using visitor = await visit(browser, server, `/sites/${plant.siteId}?energy=year`);
    expect(new URL(visitor.page.url()).searchParams.get("next")).toBe(`/sites/${plant.siteId}?energy=year`);
  });
});

test("every page keeps the rules of axe in both themes, fits a phone, and shows hostile names as text", async () => {
  const metric = `/devices/${plant.inverter.id}/metrics/${plant.inverter.metrics[0]?.id}`;
  const pages = [
    "/sites",
    "/sites/new",
    ...["", "/edit", "/delete", "/devices/new"].map((path) => `/sites/${plant.siteId}${path}`),
    ...["", "/edit", "/replace", "/delete", "/metrics"].map((path) => `/devices/${plant.inverter.id}${path}`),
    metric,
    `${metric}/delete`,
  ];
  await using visitor = await visit(browser, server, "/sites", { cookie: admin.cookie, viewport: PHONE });
  const { page } = visitor;
  for (const path of pages) {
    await page.goto(path);
    await page.waitForLoadState("load");
    for (const summary of await page.locator("summary").all()) await summary.click();
    await expectNoSidewaysScrolling(page);
    await expectAccessible(page);
    expect(await page.locator("main img").count(), path).toBe(0);
  }
  expect(visitor.complaints).toEqual([]);
});
