import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_ENV } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { type AdminScene, addPerson, flashOf, HOSTILE, READINGS, sessionOf, setScene, VERA } from "./admin-scene.ts";
import {
  expectAccessible,
  expectNoSidewaysScrolling,
  follow,
  launchBrowser,
  PHONE,
  type Visit,
  visit,
} from "./visitor.ts";

const DAY_MS = 86_400_000;

const folder = temporaryFolder();
let server: ServerProcess;
let browser: Browser;
let scene: AdminScene;

beforeAll(async () => {
  server = await ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV });
  browser = await launchBrowser();
  scene = await setScene(server);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  folder[Symbol.dispose]();
});

const asAdmin = (path: string, options: Parameters<typeof visit>[3] = {}): Promise<Visit> =>
  visit(browser, server, path, { cookie: scene.cookie, ...options });

const mainText = (page: Page): Promise<string> => page.locator("main").innerText();

/** What a browser complained of, but for the status of a form that was refused as it had to be. */
const besidesRefusals = ({ complaints }: Visit): string[] =>
  complaints.filter((said) => !said.includes("status of 422"));

async function signInAs(page: Page, email: string, password: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname === "/");
}

test("whoever has not signed in is asked to, and comes back", async () => {
  await using nobody = await visit(browser, server, "/admin/audit?action=user");
  expect(nobody.page.url()).toContain("/sign-in?next=%2Fadmin%2Faudit%3Faction%3Duser");
  await nobody.page.getByLabel("E-mail").fill(OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL);
  await nobody.page.getByLabel("Password").fill(OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD);
  await nobody.page.getByRole("button", { name: "Sign in" }).click();
  await nobody.page.waitForURL(/\/admin\/audit\?action=user$/);
});

describe("a person", () => {
  let veraPath = "";

  test("is added with a site as viewer, and the preview shows what they then see, and no more", async () => {
    await using admin = await asAdmin("/admin");
    await admin.page.getByRole("link", { name: "People" }).first().click();
    await admin.page.getByRole("link", { name: "Add a person" }).click();
    await addPerson(admin.page, { ...VERA, site: "Calama" });
    veraPath = new URL(admin.page.url()).pathname;
    expect(await flashOf(admin.page)).toContain("can sign in now");

    await admin.page.getByRole("link", { name: "See what they see" }).click();
    await admin.page.getByRole("heading", { name: "What Vera sees" }).waitFor();
    const preview = await mainText(admin.page);
    expect(preview).toMatch(/Calama\s+Viewer\s+see everything of it\s+1\s+1/);
    expect(preview).toContain("Nobody is signed in as them");
    expect(preview).not.toContain("<img");
    await admin.page.getByRole("link", { name: "Calama" }).click();
    await admin.page.getByText("Meter of Calama").waitFor();
    expect(admin.complaints).toEqual([]);

    await using vera = await visit(browser, server, "/");
    await signInAs(vera.page, VERA.email, VERA.password);
    const fleet = await mainText(vera.page);
    expect(fleet).toContain("Calama");
    expect(fleet).not.toContain("<img");
    expect(await vera.page.locator("header").innerText()).not.toContain("Admin");
    expect(vera.complaints).toEqual([]);
    for (const path of ["/admin", "/admin/users", "/admin/keys", "/admin/audit", "/admin/storage", "/admin/backup"]) {
      const answer = await vera.page.goto(path);
      expect([path, answer?.status()]).toEqual([path, 403]);
      expect(await mainText(vera.page)).toContain("Your role does not allow this.");
    }
    expect((await vera.page.goto(`/devices/${scene.hostile.deviceId}`))?.status()).toBe(404);
  });

  test("has a role changed and taken while their page is open", async () => {
    await using vera = await visit(browser, server, `/devices/${scene.calama.deviceId}`, {
      cookie: await sessionOf(server, VERA),
    });
    await using admin = await asAdmin(veraPath);
    const role = admin.page.getByLabel("Role on Calama", { exact: true });
    await role.selectOption("technician");
    await admin.page.getByRole("button", { name: "Set the role on Calama" }).click();
    await admin.page.getByText("The role is changed").waitFor();
    expect(await role.inputValue()).toBe("technician");
    await admin.page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => role.inputValue()).toBe("viewer");
    await admin.page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => role.inputValue()).toBe("technician");
    await vera.page.goto("/account");
    expect(await mainText(vera.page)).toMatch(/Calama Technician/);

    await vera.page.goto(`/devices/${scene.calama.deviceId}`);
    await admin.page.getByRole("button", { name: "Take off Calama" }).click();
    await admin.page.getByText("They see that site no more").waitFor();
    expect((await vera.page.reload())?.status()).toBe(404);
    await admin.page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => role.inputValue()).toBe("technician");
    expect((await vera.page.reload())?.status()).toBe(200);
    await admin.page.getByRole("button", { name: "Take off Calama" }).click();
    await admin.page.getByText("They see that site no more").waitFor();
    await admin.page.getByRole("link", { name: "See what they see" }).click();
    await admin.page.getByText("They see nothing").waitFor();
    expect(admin.complaints).toEqual([]);
  });

  test("is not changed from what is no longer so, nor taken if they are the last administrator", async () => {
    await using early = await asAdmin(veraPath);
    await using late = await asAdmin(veraPath);
    for (const [{ page }, name] of [
      [early, "Vera R."],
      [late, "Vera X."],
    ] as const) {
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.getByRole("button", { name: "Save" }).click();
      await page.locator(".flash, [role=alert]").first().waitFor();
    }
    expect(await late.page.getByRole("alert").innerText()).toContain("has been changed since it was read");
    await late.page.getByRole("link", { name: "Look at what is there now" }).click();
    await expect.poll(() => late.page.getByLabel("Name", { exact: true }).inputValue()).toBe("Vera R.");

    await late.page.goto("/admin/users?search=operator@");
    await late.page.locator("tbody").getByRole("link", { name: "Administrator" }).click();
    await late.page.getByRole("link", { name: "Delete" }).click();
    await late.page.getByRole("button", { name: "Delete for good" }).click();
    expect(await late.page.getByRole("alert").innerText()).toContain("This is the last administrator");
  });

  test("gets another password, sets one of their own, and is deleted with everything named that is lost", async () => {
    await using admin = await asAdmin(veraPath);
    await admin.page.getByRole("link", { name: "Set another password" }).click();
    await admin.page.getByLabel("Password", { exact: true }).fill("short");
    await admin.page.evaluate("document.querySelector('main form').noValidate = true");
    await admin.page.getByRole("button", { name: "Set the password" }).click();
    await admin.page.getByText("must have at least 12 characters").waitFor();
    await admin.page.getByLabel("Password", { exact: true }).fill("given by the admin");
    await admin.page.getByRole("button", { name: "Set the password" }).click();
    await admin.page.getByText("The password is set").waitFor();

    await using vera = await visit(browser, server, "/account", {
      cookie: await sessionOf(server, { ...VERA, password: "given by the admin" }),
    });
    const { page } = vera;
    await page.getByLabel("Present password").fill("not that one");
    await page.getByLabel("New password").fill("chosen by Vera alone");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("is not your password").waitFor();
    await page.getByLabel("Present password").fill("given by the admin");
    await page.getByLabel("New password").fill("chosen by Vera alone");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("Your password is changed").waitFor();
    await page.reload();
    expect(await mainText(page)).toContain(VERA.email);

    await admin.page.goto(`${veraPath}/delete`);
    expect(await mainText(admin.page)).toContain(VERA.email);
    await admin.page.getByRole("button", { name: "Delete for good" }).click();
    await admin.page.getByText("The person is deleted").waitFor();
    expect(await mainText(admin.page)).not.toContain(VERA.email);
    await page.goto("/account");
    await page.waitForURL(/\/sign-in/);
  });
});

describe("an API key", () => {
  test("is shown once, nowhere but on its page, opens what it says, and nothing once it is revoked", async () => {
    await using admin = await asAdmin("/admin/keys/new");
    const { page } = admin;
    await page.getByLabel("Name", { exact: true }).fill("Reader of Calama");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("Say what it may do.").waitFor();
    await page.getByLabel("Read", { exact: true }).check();
    await page.getByLabel("These only").check();
    await page.getByLabel("Calama", { exact: true }).check();
    await page.getByLabel("Ends").selectOption("30");
    await page.getByRole("button", { name: "Make the key" }).click();
    const key = await page.locator(".key code").innerText();
    expect(key).toMatch(/^kw_/);
    expect(page.url()).not.toContain(key);
    expect(JSON.stringify(await page.context().cookies())).not.toContain(key);
    expect(await mainText(page)).toContain(`${server.url}/api/v1/sites`);

    const ask = () => fetch(`${server.url}/api/v1/sites`, { headers: { authorization: `Bearer ${key}` } });
    const { items } = (await (await ask()).json()) as { items: { name: string }[] };
    expect(items.map(({ name }) => name)).toEqual(["Calama"]);

    await page.getByRole("link", { name: "I have copied it" }).click();
    await page.getByRole("heading", { name: "API keys" }).waitFor();
    expect(await page.content()).not.toContain(key);
    expect(await mainText(page)).toMatch(/Reader of Calama\s+kw_\w+_…\s+read\s+Calama\s+.*ago|just now/);
    await page.getByRole("link", { name: "Revoke Reader of Calama" }).click();
    await page.getByRole("button", { name: "Revoke for good" }).click();
    await page.getByText("The key is revoked").waitFor();
    expect((await ask()).status).toBe(401);
    expect(besidesRefusals(admin)).toEqual([]);
  });
});

describe("the audit log", () => {
  test("shows who did what, and is narrowed by its address", async () => {
    await using admin = await asAdmin("/admin/audit");
    const { page } = admin;
    expect(await mainText(page)).toContain("revoked an API key");
    await page.getByLabel("What", { exact: true }).selectOption({ label: "Roles on sites" });
    await page.getByRole("button", { name: "Filter" }).click();
    await page.waitForURL(/action=member/);
    const rows = page.locator("tbody tr");
    // Given, changed, changed back and forth, taken, given back, taken.
    expect(await rows.count()).toBe(7);
    const told = await rows.allInnerTexts();
    expect(told[0]).toContain("took a person off a site");
    expect(told[1]).toContain("role: technician");
    expect(told[2]).toContain("took a person off a site");
    expect(told.join()).toContain(OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL);
    await rows.first().getByRole("link").last().click();
    await page.waitForURL(/object=/);
    expect(await mainText(page)).toContain(`kilowatch audit verify --data-dir ${folder.path}`);
    await page.goto("/admin/audit?from=2099-01-01T00:00");
    await page.getByText("No entry matches this filter.").waitFor();
    expect(admin.complaints).toEqual([]);
  });
});

describe("storage", () => {
  test("loses so many readings of a metric as the page has said, and no other", async () => {
    await using admin = await asAdmin(`/admin/storage/metrics?site=${scene.calama.siteId}`);
    const { page } = admin;
    await page.getByRole("link", { name: "Delete readings of Active power, Meter of Calama" }).click();
    await page.getByText(`It holds ${READINGS} readings`).waitFor();
    const day = (daysAgo: number) => new Date(scene.lastDayMs - daysAgo * DAY_MS).toISOString().slice(0, 10);
    await page.getByLabel("From the day").fill(day(9));
    await page.getByLabel("To the day").fill(day(12));
    await page.getByRole("button", { name: "Count them" }).click();
    await page.getByText("Lies before the first day.").waitFor();
    await page.getByLabel("To the day").fill(day(5));
    await page.getByRole("button", { name: "Count them" }).click();
    await page.getByRole("heading", { name: "Delete 5 readings?" }).waitFor();
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText("The readings are deleted").waitFor();
    await page.goto(`/admin/storage/metrics/${scene.calama.metricId}`);
    await page.getByText(`It holds ${READINGS - 5} readings`).waitFor();
    expect(admin.complaints).toEqual([]);
  });

  test("keeps readings for other days after a page has said what that deletes", async () => {
    await using admin = await asAdmin("/admin/storage");
    const { page } = admin;
    await page.getByRole("link", { name: "Change" }).click();
    const gauges = page.getByRole("group", { name: "Gauges" }).getByLabel("Keep readings (days)");
    await gauges.fill("0");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("1 to 36,525 whole days").waitFor();
    await gauges.fill("400");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { name: "Change retention?" }).waitFor();
    const { before } = JSON.parse(await scene.operator.text("/retention/cut?days=400")) as { before: string };
    const asked = await mainText(page);
    expect(asked).toContain("Gauges: readings are kept for 400 days instead of for ever.");
    expect(asked).toContain(`Deleted for good: all readings before ${before.slice(0, 10)} UTC.`);
    await page.getByRole("button", { name: "Delete, and change" }).click();
    await page.getByText("Retention is changed").waitFor();
    expect(await mainText(page)).toMatch(/Gauges[\s\S]+400 days\s+for ever/);
    expect(besidesRefusals(admin)).toEqual([]);
  });
});

describe("every page", () => {
  const pages = async (): Promise<string[]> => {
    const { items } = JSON.parse(await scene.operator.text("/users")) as { items: { id: string }[] };
    const keys = JSON.parse(await scene.operator.text("/api-keys")) as { items: { id: string }[] };
    const person = `/admin/users/${items.at(-1)?.id}`;
    const metric = `/admin/storage/metrics/${scene.hostile.metricId}`;
    return [
      "/admin",
      "/admin/users",
      "/admin/users/new",
      person,
      `${person}/password`,
      `${person}/delete`,
      `${person}/view`,
      `${person}/view/sites/${scene.hostile.siteId}`,
      "/admin/keys",
      "/admin/keys/new",
      `/admin/keys/${keys.items[0]?.id}/revoke`,
      "/admin/audit",
      "/admin/storage",
      `/admin/storage/metrics?site=${scene.hostile.siteId}`,
      metric,
      `${metric}/delete?from=&to=`,
      "/admin/storage/retention",
      "/admin/storage/retention/confirm?gauge-raw=30",
      "/admin/backup",
      "/account",
    ];
  };

  test("works without JavaScript: a hostile person is made, given a site, and is text everywhere", async () => {
    await using admin = await asAdmin("/admin/users", { javaScriptEnabled: false });
    const { page } = admin;
    await addPerson(page, { name: HOSTILE, email: "mallory@example.org", password: VERA.password, site: HOSTILE });
    expect(await flashOf(page)).toContain("can sign in now");
    await page.getByLabel("Site", { exact: true }).selectOption({ label: "Calama" });
    await follow(page.getByRole("button", { name: "Give" }));
    expect(await flashOf(page)).toContain("theirs to see");
    await page.goto("/admin/keys/new");
    await page.getByLabel("Name", { exact: true }).fill(HOSTILE);
    await page.getByLabel("Push").check();
    await follow(page.getByRole("button", { name: "Make the key" }));
    expect(await page.locator(".key code").innerText()).toMatch(/^kw_/);
    await page.goto("/admin/audit?action=user");
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(2);
    for (const path of await pages()) {
      const answer = await page.goto(path);
      expect([path, answer?.status()]).toEqual([path, 200]);
      expect(await page.locator("main h1").count(), path).toBe(1);
      expect(await page.locator("main img, main script").count(), path).toBe(0);
    }
    expect(admin.complaints).toEqual([]);
  });

  test("breaks no rule of axe, fits a phone, and takes hostile names for text", async () => {
    const paths = await pages();
    const half = paths.length / 2;
    const looks = [paths.slice(0, half), paths.slice(half)].map(async (some) => {
      await using admin = await asAdmin("/admin", { viewport: PHONE });
      for (const path of some) {
        await admin.page.goto(path);
        await expectNoSidewaysScrolling(admin.page);
        await expectAccessible(admin.page);
        expect(await admin.page.locator("main img, main script").count(), path).toBe(0);
      }
      expect(admin.complaints).toEqual([]);
    });
    await Promise.all(looks);
    await using admin = await asAdmin("/admin/users");
    await admin.page.goto("/admin/users?search=mallory");
    expect(await mainText(admin.page)).toContain(HOSTILE);
    expect(admin.complaints).toEqual([]);
  });
});
