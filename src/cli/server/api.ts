import type { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { z } from "zod";
import { systemClock } from "../../domain/clock.ts";
import { retryAfterMs } from "../../transport/retry.ts";
import { CommandFailed } from "../exit-codes.ts";
import { ServerBusy, ServerRefused, ServerUnreachable } from "./errors.ts";
import { Problem } from "./shapes.ts";

export interface ServerAddress {
  /** Without a slash at the end. */
  readonly url: string;
  /** An API key, or a person's access token. Null asks as nobody. */
  readonly apiKey: string | null;
}

/** Values of undefined are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

interface Asked {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

/** A server that neither answers nor sends more for so long counts as gone. It may wait for its engine for seconds. */
const SILENCE_MS_MAX = 120_000;
const CONNECT_MS_MAX = 10_000;
const NO_CONTENT = 204;
/** Of an error's body, so much is read. */
const PROBLEM_BYTES_MAX = 65_536;

/**
 * A running Kilowatch, as the command line talks to it. Every call is one attempt.
 *
 * All throw ServerRefused, ServerBusy and ServerUnreachable, and the signal's reason when aborted.
 */
export class ServerApi implements AsyncDisposable {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent = new Agent({
    connect: { timeout: CONNECT_MS_MAX },
    headersTimeout: SILENCE_MS_MAX,
    bodyTimeout: SILENCE_MS_MAX,
  });

  constructor({ url, apiKey }: ServerAddress) {
    this.url = url;
    this.#headers = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  }

  /** A JSON answer of `/api/v1`. */
  async get<S extends z.ZodType>(
    shape: S,
    path: string,
    query: Query = {},
    signal?: AbortSignal,
  ): Promise<z.output<S>> {
    return this.#json(shape, { method: "GET", path: `/api/v1${path}`, query, signal });
  }

  /** Creates something under `/api/v1`. */
  async create<S extends z.ZodType>(shape: S, path: string, body: object, signal?: AbortSignal): Promise<z.output<S>> {
    return this.#json(shape, { method: "POST", path: `/api/v1${path}`, ...jsonBody(body), signal });
  }

  /** Changes what the body names of something under `/api/v1`. */
  async change<S extends z.ZodType>(shape: S, path: string, body: object, signal?: AbortSignal): Promise<z.output<S>> {
    return this.#json(shape, { method: "PATCH", path: `/api/v1${path}`, ...jsonBody(body), signal });
  }

  /** Puts something at its place under `/api/v1`, whatever was there. */
  async put<S extends z.ZodType>(shape: S, path: string, body: object, signal?: AbortSignal): Promise<z.output<S>> {
    return this.#json(shape, { method: "PUT", path: `/api/v1${path}`, ...jsonBody(body), signal });
  }

  /** Deletes something under `/api/v1`; null when the server says no more about it. */
  async delete<S extends z.ZodType>(shape: S, path: string, signal?: AbortSignal): Promise<z.output<S>> {
    return this.#json(shape, { method: "DELETE", path: `/api/v1${path}`, signal });
  }

  /** Ends the session of the person who asks. */
  async signOut(): Promise<void> {
    const { body } = await this.#ask({ method: "POST", path: "/api/v1/auth/logout" });
    await body.dump();
  }

  /** A long answer of `/api/v1`, read no faster than it is taken. Reading throws ServerUnreachable when it is cut. */
  async *stream(path: string, query: Query, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const { body } = await this.#ask({ method: "GET", path: `/api/v1${path}`, query, signal });
    try {
      for await (const chunk of body) yield chunk as Buffer;
    } catch (error) {
      throw this.#broken(error, signal);
    }
  }

  /** Sends lines of line protocol with times in ms; resolves once they are on stable storage. */
  async write(lines: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { body } = await this.#ask({
      method: "POST",
      path: "/api/v2/write",
      query: { precision: "ms" },
      body: lines,
      contentType: "text/plain; charset=utf-8",
      signal,
    });
    await body.dump();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #json<S extends z.ZodType>(shape: S, asked: Asked): Promise<z.output<S>> {
    const { body, statusCode } = await this.#ask(asked);
    let answer: unknown;
    try {
      answer = statusCode === NO_CONTENT ? await body.dump().then(() => null) : await body.json();
    } catch (error) {
      if (error instanceof SyntaxError) throw this.#noKilowatch(`${asked.path} answers no JSON`);
      throw this.#broken(error, asked.signal);
    }
    const read = shape.safeParse(answer);
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    throw this.#noKilowatch(`${asked.path} answers otherwise at ${issue?.path.join(".") ?? ""}: ${issue?.message}`);
  }

  /** An answer of success; its body is to be read. */
  async #ask(asked: Asked): Promise<Dispatcher.ResponseData> {
    const { method, path, query, body, contentType, signal } = asked;
    const url = new URL(`${this.url}${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    let answer: Dispatcher.ResponseData;
    try {
      answer = await this.#agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { ...this.#headers, ...(contentType !== undefined && { "content-type": contentType }) },
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      });
    } catch (error) {
      throw this.#broken(error, signal);
    }
    if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
    throw await this.#refusal(answer);
  }

  async #refusal({ statusCode: status, headers, body }: Dispatcher.ResponseData): Promise<Error> {
    const detail = problemWords(await textOf(body), status);
    if (status === 503 || status === 429) {
      return new ServerBusy(status, detail, retryAfterMs({ status, headers }, systemClock.nowMs()));
    }
    if (status === 401) {
      return new ServerRefused(
        status,
        detail,
        "Put an API key into KILOWATCH_API_KEY, or name its file by --key-file.",
      );
    }
    return new ServerRefused(status, detail);
  }

  #broken(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof CommandFailed) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    return new ServerUnreachable(this.url, code ?? message, !UNCONNECTED.has(code ?? ""));
  }

  #noKilowatch(why: string): CommandFailed {
    return new CommandFailed(`${this.url} is no Kilowatch of this version: ${why}.`);
  }
}

function jsonBody(body: object): Pick<Asked, "body" | "contentType"> {
  return { body: JSON.stringify(body), contentType: "application/json" };
}

/** Node's and undici's words for a connection that never was. */
const UNCONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > PROBLEM_BYTES_MAX) break;
    }
  } catch {
    // What came of it may still say why.
  }
  return Buffer.concat(chunks).toString();
}

/** What an error's body says, in one line. */
function problemWords(text: string, status: number): string {
  try {
    const read = Problem.safeParse(JSON.parse(text));
    if (read.success) return read.data.detail ?? read.data.message ?? read.data.title ?? `status ${status}`;
  } catch {
    // Not everything that stands between here and the server speaks JSON.
  }
  return text.trim().replaceAll(/\s+/g, " ").slice(0, 200) || `status ${status}`;
}
