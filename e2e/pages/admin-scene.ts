import type { Page } from "playwright-core";
import { OPERATOR_ENV, Operator } from "../operator.ts";
import type { ServerProcess } from "../server-process.ts";

/** Names that would be markup, if a page took them for it. */
export const HOSTILE = `<img src=x onerror="alert(1)">"'</script>`;
export const VERA = { name: "Vera", email: "vera@example.org", password: "vera has a long password" };
const DAY_MS = 86_400_000;
/** Readings of each metric, one a day. */
export const READINGS = 40;

interface MadeDevice {
  readonly id: string;
  readonly metrics: readonly { readonly id: string }[];
}

/** Two sites with a device each, one of them with a hostile name, and readings of the last days. */
export interface AdminScene {
  readonly operator: Operator;
  /** The administrator's session. */
  readonly cookie: string;
  readonly calama: { readonly siteId: string; readonly deviceId: string; readonly metricId: string };
  readonly hostile: AdminScene["calama"];
  /** Begin of the UTC day of the newest reading, epoch ms. */
  readonly lastDayMs: number;
}

export async function setScene(server: Pick<ServerProcess, "url">): Promise<AdminScene> {
  const operator = await Operator.signIn(server);
  const cookie = await sessionOf(server, {
    email: OPERATOR_ENV.KILOWATCH_ADMIN_EMAIL,
    password: OPERATOR_ENV.KILOWATCH_ADMIN_PASSWORD,
  });
  const [calama, hostile] = [await placeNamed(operator, "Calama"), await placeNamed(operator, HOSTILE)];
  const { key } = await operator.post<{ key: string }>("/api-keys", { name: HOSTILE, scopes: ["ingest"] });
  const lastDayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  for (const { metricId } of [calama, hostile]) {
    const readings = Array.from({ length: READINGS }, (_, day) => ({
      metricId,
      time: lastDayMs - day * DAY_MS,
      value: day,
    }));
    const answer = await fetch(`${server.url}/api/v1/readings`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ readings }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    // A question waits until the engine has taken the readings, and only then does what is on the disk hold them.
    await operator.text(`/metrics/${metricId}/series?from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z&step=P1Y`);
  }
  return { operator, cookie, calama, hostile, lastDayMs };
}

/** The session cookie of somebody, as `name=value`. */
export async function sessionOf(
  server: Pick<ServerProcess, "url">,
  who: { readonly email: string; readonly password: string },
): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: who.email, password: who.password }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
}

async function placeNamed(operator: Operator, name: string): Promise<AdminScene["calama"]> {
  const site = await operator.post<{ id: string }>("/sites", { name, timezone: "UTC" });
  const metrics = [{ name: "active_power", unit: "W" }];
  const device = await operator.post<MadeDevice>(`/sites/${site.id}/devices`, {
    name: `Meter of ${name}`,
    kind: "meter",
    metrics,
  });
  return { siteId: site.id, deviceId: device.id, metricId: device.metrics[0]?.id ?? "" };
}

/** Makes a person as an administrator does, on the page; ends on the person's own page. */
export async function addPerson(
  page: Page,
  { name, email, password, site }: typeof VERA & { readonly site?: string },
): Promise<void> {
  await page.goto("/admin/users/new");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  if (site !== undefined) await page.getByLabel("First site").selectOption({ label: site });
  await page.getByRole("button", { name: "Add the person" }).click();
  await page.waitForURL(/\/admin\/users\/[0-9a-f-]{36}$/);
}

/** What the flash message says. */
export function flashOf(page: Page): Promise<string | null> {
  return page.locator(".flash p").textContent();
}
