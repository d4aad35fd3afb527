import { type Dispatcher, Pool } from "undici";
import type { Clock } from "../../domain/clock.ts";
import { EngineUnavailable } from "../engine.ts";
import type { ClusterAddress } from "./address.ts";
import { exceptionIn } from "./answers.ts";

/** Requests that the server works on at once; more wait. */
export const CONNECTIONS_MAX = 8;
/** Bytes of an answer. The largest that Kilowatch asks for is about 60 MB (`STEP_ROWS_MAX` rows). */
export const ANSWER_BYTES_MAX = 256 * 1024 ** 2;
/** A connection that cannot be made within this long is not made, ms. */
const CONNECT_MS_MAX = 5_000;
/** An idle connection is closed before the server closes it (3 s in its oldest default), or a request would run into its end, ms. */
const KEEP_ALIVE_MS = 2_000;

/** Statuses by which something between here and the server says that it is busy or away. */
const BUSY_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** There was no answer, or half of one: whether the request was carried out is not known. */
export class NoAnswer extends EngineUnavailable {}

/** Who answered is no ClickHouse. */
export class NotClickHouse extends EngineUnavailable {}

export interface Statement {
  /** Kilowatch's own words and numbers. */
  readonly sql: string;
  /** ClickHouse's settings and parameters of the interface. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Rows of an INSERT in the format that it names. */
  readonly rows?: readonly Uint8Array[];
  /** How long it may take, ms. */
  readonly answerMsMax: number;
}

/** ClickHouse's HTTP interface (clickhouse.com/docs/interfaces/http): one statement a request, over connections that stay open. */
export class ClickHouseHttp {
  readonly #address: ClusterAddress;
  readonly #clock: Clock;
  readonly #pool: Pool;
  #isClosed = false;

  /** `onDisconnect` is called whenever a connection ends, also an idle one. */
  constructor(address: ClusterAddress, clock: Clock, onDisconnect: () => void = () => {}) {
    this.#address = address;
    this.#clock = clock;
    this.#pool = new Pool(address.origin, {
      connections: CONNECTIONS_MAX,
      connect: { timeout: CONNECT_MS_MAX },
      keepAliveTimeout: KEEP_ALIVE_MS,
      // The server's hint may only make it shorter.
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
    }).on("disconnect", onDisconnect);
  }

  /**
   * The answer's body, whole.
   * @throws NoAnswer, NotClickHouse, ClickHouseException
   */
  async run(statement: Statement): Promise<Uint8Array> {
    const deadline = new AbortController();
    const over = new AbortController();
    this.#clock.sleepUntil(this.#clock.monotonicMs() + statement.answerMsMax, over.signal).then(
      () => deadline.abort(),
      () => {},
    );
    try {
      const answer = await this.#pool.request(this.#requestOf(statement, deadline.signal));
      const body = await collected(answer.body);
      return this.#read(answer, body);
    } catch (error) {
      if (deadline.signal.aborted) {
        throw new NoAnswer(
          `The ClickHouse server at ${this.#address.origin} took longer than ${statement.answerMsMax} ms.`,
        );
      }
      if (this.#isClosed) throw new NoAnswer("The telemetry engine is closing.");
      if (!isTransportError(error)) throw error;
      throw new NoAnswer(`The ClickHouse server at ${this.#address.origin} does not answer (${error.code}).`);
    } finally {
      over.abort();
    }
  }

  /** Breaks what is under way and closes the connections. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool.destroy();
  }

  #requestOf({ sql, parameters, rows }: Statement, signal: AbortSignal) {
    const { username, password } = this.#address;
    // The answer is sent once the query has ended, so that its status tells how.
    const search = new URLSearchParams({ ...parameters, wait_end_of_query: "1" });
    if (rows) search.set("query", sql);
    const bytes = rows?.reduce((sum, piece) => sum + piece.byteLength, 0) ?? Buffer.byteLength(sql);
    return {
      path: `/?${search}`,
      method: "POST",
      headers: {
        ...(username === "" ? {} : { "x-clickhouse-user": encoded(username), "x-clickhouse-key": encoded(password) }),
        "content-length": String(bytes),
        "content-type": "application/octet-stream",
      },
      body: rows ? asBody(rows) : sql,
      signal,
    };
  }

  #read({ statusCode, headers }: Dispatcher.ResponseData, body: Uint8Array): Uint8Array {
    const header = headers["x-clickhouse-exception-code"];
    const exceptionCode = Array.isArray(header) ? header[0] : header;
    const exception = exceptionIn({ status: statusCode, exceptionCode }, body);
    if (exception) throw exception;
    if (statusCode === 200) return body;
    if (BUSY_STATUSES.has(statusCode)) {
      throw new NoAnswer(`The ClickHouse server at ${this.#address.origin} is not available (HTTP ${statusCode}).`);
    }
    throw new NotClickHouse(
      `${this.#address.origin} does not answer as a ClickHouse server does (HTTP ${statusCode}).`,
    );
  }
}

/** undici takes an iterable of pieces; its type knows only the others. */
function asBody(pieces: readonly Uint8Array[]): Buffer {
  return pieces as unknown as Buffer;
}

/** Header values are bytes: ClickHouse takes them as UTF-8. */
function encoded(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

async function collected(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new EngineUnavailable(`An answer has more than ${ANSWER_BYTES_MAX} bytes.`);
    pieces.push(piece);
  }
  // Answers are read through views that start at their first byte.
  return Buffer.concat(pieces, bytes);
}

/** Errors of sockets, of TLS and of undici have a code; mistakes of our own have none. */
function isTransportError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
