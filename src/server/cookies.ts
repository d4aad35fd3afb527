import type { FastifyReply, FastifyRequest } from "fastify";
import { DEVICE_LIFETIME_MS } from "../access/known-devices.ts";
import { SESSION_LIFETIME_MS } from "../access/sessions.ts";
import type { SignedIn } from "../access/sign-in.ts";

/**
 * A cookie's two names. Over TLS a browser takes the first one only from this very host and only for TLS (the `__Host-` prefix, RFC
 * 6265bis, 4.1.3.2). It takes it not at all over plain HTTP, where the second one has to do.
 */
interface CookieName {
  readonly overTls: string;
  readonly plain: string;
}

export const SESSION_COOKIE: CookieName = { overTls: "__Host-kilowatch_session", plain: "kilowatch_session" };
/** Tells that a browser has signed in before. It stays when its session ends. */
export const DEVICE_COOKIE: CookieName = { overTls: "__Host-kilowatch_device", plain: "kilowatch_device" };

/** Hands the browser what it gets by signing in. */
export function setSignInCookies(request: FastifyRequest, reply: FastifyReply, signedIn: SignedIn): void {
  setCookie(request, reply, SESSION_COOKIE, signedIn.sessionToken, SESSION_LIFETIME_MS);
  setCookie(request, reply, DEVICE_COOKIE, signedIn.deviceToken, DEVICE_LIFETIME_MS);
}

/** What a cookie says. Over TLS its plain name counts for nothing: a page of a neighbouring host, or of plain HTTP, may have set it. */
export function cookieOf(request: FastifyRequest, { overTls, plain }: CookieName): string | undefined {
  return request.cookies[overTls] ?? (isOverTls(request) ? undefined : request.cookies[plain]);
}

/** Every session that a request shows, by whichever name. */
export function shownSessions({ cookies }: FastifyRequest): string[] {
  return [cookies[SESSION_COOKIE.overTls], cookies[SESSION_COOKIE.plain]].filter((token) => token !== undefined);
}

export function clearSessionCookies(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE.overTls, { path: "/", secure: true });
  reply.clearCookie(SESSION_COOKIE.plain, { path: "/" });
}

function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: CookieName,
  token: string,
  lifetimeMs: number,
): void {
  const secure = isOverTls(request);
  const maxAge = lifetimeMs / 1_000;
  reply.setCookie(secure ? name.overTls : name.plain, token, {
    path: "/",
    httpOnly: true,
    sameSite: "lax",
    secure,
    maxAge,
  });
}

/**
 * TLS ends at a proxy in front, so it is told by the proxy, or by the browser in `Origin` (which has been checked against Host by now).
 * Whoever lies here gets a cookie that their browser does not send back, and no one else's.
 */
function isOverTls({ headers }: FastifyRequest): boolean {
  return (
    /^https\b/i.test(headers["x-forwarded-proto"]?.toString() ?? "") ||
    (headers.origin?.startsWith("https://") ?? false)
  );
}
