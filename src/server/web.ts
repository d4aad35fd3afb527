import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { PagesDoor } from "./pages-door.ts";
import { problem, sendProblem } from "./problems.ts";

/** The built pages: adapter-node's request handler. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** How the pages' server side reaches the API without a socket. Read in `web/src/hooks.server.ts`. */
const API_DOOR = Symbol.for("kilowatch.api");

/** Hands every path that is no route of the API to the pages. */
export function mountPages(app: FastifyInstance, pages: PageHandler, door: PagesDoor): void {
  app.setNotFoundHandler((request, reply) => {
    if (request.url === "/api" || request.url.startsWith("/api/")) {
      void answerUnknownAddress(reply);
      return;
    }
    reply.hijack();
    const ask = (asked: Request): Promise<Response> => door.ask(asked, request);
    Object.assign(request.raw, { [API_DOOR]: ask });
    pages(request.raw, reply.raw, () => {
      reply.raw.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Not found\n");
    });
  });
}

/** What is answered where there is neither a route of the API nor a page. */
export function answerUnknownAddress(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, problem(404, "There is no such address."));
}
