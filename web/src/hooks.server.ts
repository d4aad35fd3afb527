import type { Handle, HandleFetch, HandleServerError } from "@sveltejs/kit/hooks";
import type { Fleet, FleetDevicePage } from "#lib/api/types.gen.ts";
import { isForTerminal, terminalNotice, terminalPage } from "#lib/fleet/terminal-page.ts";
import { callApi, type Fetch } from "#lib/server/api.ts";
import { isCrossSiteWrite } from "#lib/server/cross-site.ts";
import { parseTheme, THEME_COOKIE } from "#lib/shell/theme.ts";
import { text } from "#lib/text.ts";
import type { InProcessApi } from "./app.d.ts";

/** Where the server that mounts these pages leaves its API, on each Node request. */
const IN_PROCESS_API = Symbol.for("kilowatch.api");

/** What the API needs to know about the visitor, and nothing else. */
const FORWARDED_HEADERS = ["cookie", "origin"] as const;

const PAGE_HEADERS = {
  // Pages hold live values of one visitor: neither a proxy nor the browser may show them again later.
  "cache-control": "private, no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

export const handle: Handle = async ({ event, resolve }) => {
  if (isCrossSiteWrite(event.request.method, event.request.headers)) {
    return new Response(text.errors.crossSite, {
      status: 403,
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  }
  event.locals.theme = parseTheme(event.cookies.get(THEME_COOKIE));
  event.locals.apiCookies = [];

  const { isDataRequest, request, url } = event;
  // The page's own script asks for its data under the same path.
  if (!isDataRequest && isForTerminal(request.method, url.pathname, request.headers.get("accept"))) {
    return terminalAnswer(event.fetch);
  }
  const response = await resolve(event, {
    transformPageChunk: ({ html }) => html.replace("%kilowatch.theme%", event.locals.theme),
  });
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.headers.set(name, value);
  for (const cookie of event.locals.apiCookies) response.headers.append("set-cookie", cookie);
  return response;
};

/** The fleet for curl and scripts. Sent in one piece: its reader may be `head`, gone after the first. */
async function terminalAnswer(fetch: Fetch): Promise<Response> {
  const [fleet, devices] = await Promise.all([
    callApi<Fleet>(fetch, "/api/v1/fleet"),
    callApi<FleetDevicePage>(fetch, "/api/v1/fleet/devices?limit=500"),
  ]);
  const refused = fleet.ok ? (devices.ok ? null : devices.refusal) : fleet.refusal;
  const words = refused && (refused.problem?.detail ?? text.errors.title(refused.status));
  const html = fleet.ok && devices.ok ? terminalPage(fleet.body, devices.body.items) : terminalNotice(words ?? "");
  return new Response(html, {
    status: refused?.status ?? 200,
    headers: {
      ...PAGE_HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-length": String(Buffer.byteLength(html)),
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      vary: "accept",
    },
  });
}

export const handleFetch: HandleFetch = async ({ event, request, fetch }) => {
  const url = new URL(request.url);
  if (url.origin !== event.url.origin || !url.pathname.startsWith("/api/")) return fetch(request);

  const node = event.platform?.req as unknown as Record<symbol, InProcessApi | undefined> | undefined;
  const api = node?.[IN_PROCESS_API];
  if (!api) return fetch(request);

  for (const name of FORWARDED_HEADERS) {
    const value = event.request.headers.get(name);
    if (value !== null && !request.headers.has(name)) request.headers.set(name, value);
  }
  const response = await api(request);
  event.locals.apiCookies.push(...response.headers.getSetCookie());
  return response;
};

export const handleError: HandleServerError = ({ kind, error, event }) => {
  if (kind !== "unknown") return undefined;
  console.error(`${event.request.method} ${event.url.pathname}`, error);
  return { message: text.errors.unexpected };
};
