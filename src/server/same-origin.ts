import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { NotAllowed } from "../domain/errors.ts";
import { isLoopback } from "../domain/loopback.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses a change that another site's page asks for in a visitor's browser: the browser names that site in `Origin`.
 * Programs send no `Origin` and are not concerned.
 */
export function refuseForeignOrigins(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { origin, host } = request.headers;
    const isForeign = !SAFE_METHODS.has(request.method) && origin !== undefined && hostOf(origin) !== host;
    done(isForeign ? new NotAllowed("This change was asked for by a page of another site.") : undefined);
  });
}

/** An IPv4 address, as a socket that listens for both families shows it. */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/**
 * Whether a request came over this machine's own loopback, was addressed to it by its own name, and passed no proxy. A page of another
 * site that has pointed its own name at 127.0.0.1 still sends that name in `Host`; a program elsewhere can send any name.
 */
export function asksFromThisMachine({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">): boolean {
  if (headers.forwarded !== undefined || headers["x-forwarded-for"] !== undefined) return false;
  if (!isLoopback((socket.remoteAddress ?? "").replace(MAPPED_IPV4, ""))) return false;
  const name = URL.parse(`http://${headers.host ?? ""}`)?.hostname ?? "";
  return isLoopback(name.replace(/^\[(.*)\]$/, "$1"));
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
