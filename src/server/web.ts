import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problem, sendProblem } from "./problems.ts";

/** The built pages: adapter-node's request handler. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** How the pages' server side reaches the API without a socket. Read in `web/src/hooks.server.ts`. */
const API_DOOR = Symbol.for("kilowatch.api");

/** What a question to the API says of itself: what the browser said of the page that it asked for has no part in it. */
const OF_THE_QUESTION = ["content-type", "if-match"] as const;
/** What else the API looks at; taken from the page's question to it, else from the browser's request for the page. */
const FORWARDED = ["cookie", "accept", "origin", "forwarded", "x-forwarded-for", "x-forwarded-proto"] as const;

/** Hands every path that is no route of the API to the pages. */
export function mountPages(app: FastifyInstance, pages: PageHandler): void {
  app.setNotFoundHandler((request, reply) => {
    if (request.url === "/api" || request.url.startsWith("/api/")) {
      void answerUnknownAddress(reply);
      return;
    }
    reply.hijack();
    const door = (asked: Request): Promise<Response> => askApi(app, asked, request);
    Object.assign(request.raw, { [API_DOOR]: door });
    pages(request.raw, reply.raw, () => {
      reply.raw.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Not found\n");
    });
  });
}

/** What is answered where there is neither a route of the API nor a page. */
export function answerUnknownAddress(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, problem(404, "There is no such address."));
}

/** Answers a page's own question to the API inside the process, as whoever asked for the page. */
async function askApi(app: FastifyInstance, asked: Request, page: FastifyRequest): Promise<Response> {
  const { host } = page.headers;
  const { pathname, search } = new URL(asked.url);
  const headers: Record<string, string> = host === undefined ? {} : { host };
  for (const name of OF_THE_QUESTION) {
    const value = asked.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  for (const name of FORWARDED) {
    const value = asked.headers.get(name) ?? page.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  const body = asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer());
  const { remoteAddress } = page.socket;
  const answer = await app.inject({
    method: asked.method as "GET",
    url: `${pathname}${search}`,
    headers,
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(body && { payload: body }),
  });
  const answerHeaders = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) answerHeaders.append(name, String(one));
    }
  }
  return new AnswerInProcess(answer.rawPayload, { status: answer.statusCode, headers: answerHeaders });
}

/** Statuses of answers that have no body (fetch.spec.whatwg.org, "null body status"). */
const BODILESS: ReadonlySet<number | undefined> = new Set([204, 304]);

/** An answer whose JSON is read from the bytes as they are: hundreds of KB for a page, which would pass through a stream. */
class AnswerInProcess extends Response {
  override readonly json: () => Promise<unknown>;

  constructor(payload: Buffer, init: ResponseInit) {
    super(BODILESS.has(init.status) ? null : new Uint8Array(payload), init);
    this.json = async () => JSON.parse(payload.toString("utf8")) as unknown;
  }
}
