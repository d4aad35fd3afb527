import type { FastifyInstance } from "fastify";
import { NotAllowed } from "../domain/errors.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses a change that another site's page asks for in a visitor's browser: the browser names that site in `Origin`.
 * Programs send no `Origin` and are not concerned.
 */
export function refuseForeignOrigins(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => {
    const { origin, host } = request.headers;
    if (SAFE_METHODS.has(request.method) || origin === undefined) return;
    if (hostOf(origin) !== host) throw new NotAllowed("This change was asked for by a page of another site.");
  });
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
