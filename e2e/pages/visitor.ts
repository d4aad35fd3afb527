import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";
import type { ServerProcess } from "../server-process.ts";

export const PHONE = { width: 390, height: 844 } as const;
const THEMES = ["light", "dark"] as const;

/** A page that somebody has open. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Whatever the browser complained of: script errors, refused resources, breaches of the content policy. */
  readonly complaints: readonly string[];
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
}

/** Opens a page in a browser context of its own. `cookie` is the session of whoever visits, as `name=value`. */
export async function visit(
  browser: Browser,
  server: Pick<ServerProcess, "url">,
  path: string,
  { cookie, ...options }: BrowserContextOptions & { readonly cookie?: string } = {},
): Promise<Visit> {
  const context = await browser.newContext({ baseURL: server.url, ...options });
  if (cookie !== undefined) {
    const [name, value] = cookie.split("=", 2) as [string, string];
    await context.addCookies([{ name, value, url: server.url }]);
  }
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(path);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Follows a link, or sends a form, where scripts do not run, and waits for the whole of the next page: a long one would be read half. */
export async function follow(target: Locator): Promise<void> {
  await Promise.all([target.page().waitForEvent("load"), target.click()]);
}

/** Opens a page whose scripts have not come yet: what is returned lets them come. */
export async function visitBeforeScripts(page: Page, path: string): Promise<() => void> {
  const scripts = Promise.withResolvers<void>();
  await page.route("**/_app/immutable/**", async (route) => {
    if (route.request().resourceType() === "script") await scripts.promise;
    await route.continue();
  });
  await page.goto(path, { waitUntil: "commit" });
  return scripts.resolve;
}

/** The page as it is now breaks no rule of axe, in the light and in the dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    // Evaluated by the debugger's protocol, which the page's content policy does not bind.
    await page.evaluate(axe.source);
    const violations = await page.evaluate<Violation[]>(
      "axe.run().then(({ violations }) => violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3).map(({ html }) => html) })))",
    );
    expect(violations, `${page.url()}, ${colorScheme}`).toEqual([]);
  }
}

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly string[];
}

/** Nothing on the page is wider than the window. */
export async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  const overflowPx = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(overflowPx, page.url()).toBeLessThanOrEqual(0);
}
