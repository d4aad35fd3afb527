import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { checkOf } from "./answer-serializer.ts";

/** Names one question of a page; only who asked it knows the name. */
const DOOR_HEADER = "kilowatch-door";

/** What a question to the API says of itself: what the browser said of the page that it asked for has no part in it. */
const OF_THE_QUESTION = ["content-type", "if-match"] as const;
/** What else the API looks at; taken from the page's question to it, else from the browser's request for the page. */
const FORWARDED = ["cookie", "accept", "origin", "forwarded", "x-forwarded-for", "x-forwarded-proto"] as const;

/**
 * The way from the pages to the API inside the process. A question passes every check that one from outside passes; its answer comes back as the
 * object that it is. Written as JSON and read again, the hundreds of KB of some pages take a fifth of the page's time.
 */
export class PagesDoor {
  readonly #app: FastifyInstance;
  /** The answers of questions under way, by the questions' names. */
  readonly #answers = new Map<string, { answer?: unknown }>();

  /** Made before any route is declared: what it listens to is asked of routes that come later. */
  constructor(app: FastifyInstance) {
    this.#app = app;
    app.addHook("preSerialization", async (request, reply, answer) => {
      const asked = this.#answers.get(String(request.headers[DOOR_HEADER]));
      const check = asked && checkOf(reply);
      // A problem, too, of what failed after its answer was taken.
      if (asked && !check) delete asked.answer;
      if (check) {
        asked.answer = check(answer);
        reply.serializer(() => "");
      }
      return answer;
    });
  }

  /** Answers a page's own question, as whoever asked for the page. */
  async ask(asked: Request, page: FastifyRequest): Promise<Response> {
    const name = randomUUID();
    const kept: { answer?: unknown } = {};
    this.#answers.set(name, kept);
    try {
      const { pathname, search } = new URL(asked.url);
      const { remoteAddress } = page.socket;
      const { statusCode, headers, rawPayload } = await this.#app.inject({
        method: asked.method as "GET",
        url: `${pathname}${search}`,
        headers: { ...headersOf(asked, page), [DOOR_HEADER]: name },
        ...(remoteAddress !== undefined && { remoteAddress }),
        ...(asked.body !== null && { payload: Buffer.from(await asked.arrayBuffer()) }),
      });
      const init = { status: statusCode, headers: answerHeaders(headers) };
      return "answer" in kept
        ? new ObjectResponse(kept.answer, init)
        : new Response(bodyOf(statusCode, rawPayload), init);
    } finally {
      this.#answers.delete(name);
    }
  }
}

function headersOf(asked: Request, page: FastifyRequest): Record<string, string> {
  const { host } = page.headers;
  const headers: Record<string, string> = host === undefined ? {} : { host };
  for (const name of OF_THE_QUESTION) {
    const value = asked.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  for (const name of FORWARDED) {
    const value = asked.headers.get(name) ?? page.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}

function answerHeaders(from: Readonly<Record<string, string | string[] | number | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(from)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, String(one));
    }
  }
  return headers;
}

/** Statuses of answers that have no body (fetch.spec.whatwg.org, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

function bodyOf(status: number, payload: Buffer): Uint8Array<ArrayBuffer> | null {
  return BODILESS.has(status) ? null : new Uint8Array(payload);
}

/** An answer that is an object already. */
class ObjectResponse extends Response {
  override readonly json: () => Promise<unknown>;
  override readonly text: () => Promise<string>;

  constructor(answer: unknown, init: ResponseInit) {
    super(null, init);
    this.json = () => Promise.resolve(answer);
    this.text = () => Promise.resolve(JSON.stringify(answer));
  }
}
