import type { FastifyReply, FastifyRequest } from "fastify";
import { SESSION_LIFETIME_MS } from "../access/sessions.ts";

export const SESSION_COOKIE = "kilowatch_session";

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(SESSION_COOKIE, token, {
    path: "/",
    httpOnly: true,
    sameSite: "lax",
    // TLS ends at a proxy in front. The browser's own word for the page's address has been checked against Host by now.
    secure: request.headers.origin?.startsWith("https://") ?? false,
    maxAge: SESSION_LIFETIME_MS / 1_000,
  });
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, { path: "/" });
}
