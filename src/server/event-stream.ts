import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

/** A comment line is sent this often, so that proxies and browsers know that a quiet stream lives. */
export const HEARTBEAT_INTERVAL_MS = 15_000;
/** How often it is looked at whether those who read may still do so: signed out, revoked or demoted, they are out well within a second. */
export const RIGHTS_LOOKED_AT_EVERY_MS = 250;
/** What the browser waits before it comes back after a cut. */
const RECONNECT_AFTER_MS = 2_000;
/** A comment: readers pass it over. */
export const HEARTBEAT = ": still here\n\n";

/** Takes a reply over for server-sent events (HTML standard, "Server-sent events"); null when nobody waits for them. */
export function openEventStream(reply: FastifyReply): ServerResponse | null {
  reply.hijack();
  const response = reply.raw;
  // The reader may have gone while it was found out who it is; nobody would ever close this stream.
  if (response.destroyed) return null;
  response.writeHead(200, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    connection: "keep-alive",
  });
  if (reply.request.method === "HEAD") {
    response.end();
    return null;
  }
  response.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
  return response;
}
