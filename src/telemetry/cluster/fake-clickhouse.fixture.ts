import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";

export interface Asked {
  /** The statement, wherever it stood. */
  readonly sql: string;
  readonly parameters: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** What followed the statement. */
  readonly rows: Buffer;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

type Answerer = (asked: Asked, response: ServerResponse) => FakeAnswer | "hang" | "cut" | undefined;

/** Speaks ClickHouse's HTTP interface, and misbehaves as it is told. */
export class FakeClickHouse implements AsyncDisposable {
  readonly origin: string;
  readonly asked: Asked[] = [];
  version = "18.16.1";
  uptimeS = 1_000;
  /** Settings it knows, as `SELECT_KNOWN_SETTINGS` answers. */
  known: readonly string[] = [];
  databases: readonly string[] = ["default", "kilowatch"];
  /** Asked first; undefined leaves the answer to the server. */
  answer: Answerer = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #someoneAsked = Promise.withResolvers<void>();

  private constructor(server: Server, origin: string) {
    this.#server = server;
    this.origin = origin;
  }

  static async start(): Promise<FakeClickHouse> {
    const server = createServer({ keepAliveTimeout: 3_000 }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const fake = new FakeClickHouse(server, `http://127.0.0.1:${port}`);
    server.on("connection", (socket) => {
      fake.#sockets.add(socket);
      socket.on("close", () => fake.#sockets.delete(socket));
    });
    server.on("request", ({ url, headers }: IncomingMessage, response: ServerResponse) => {
      const pieces: Buffer[] = [];
      response.req.on("data", (piece: Buffer) => pieces.push(piece));
      response.req.on("end", () => {
        const body = Buffer.concat(pieces);
        const parameters = new URL(url ?? "", fake.origin).searchParams;
        const query = parameters.get("query");
        const rows = query === null ? Buffer.alloc(0) : body;
        fake.#receive({ sql: query ?? body.toString(), parameters, headers, rows }, response);
      });
    });
    return fake;
  }

  /** Statements that hold a text. */
  heard(text: string): readonly Asked[] {
    return this.asked.filter(({ sql }) => sql.includes(text));
  }

  /** Resolves when a statement with this text has come. */
  async hears(text: string): Promise<void> {
    while (this.heard(text).length === 0) await this.#someoneAsked.promise;
  }

  /** Breaks all connections. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, "close");
  }

  #receive(asked: Asked, response: ServerResponse): void {
    this.asked.push(asked);
    this.#someoneAsked.resolve();
    this.#someoneAsked = Promise.withResolvers();
    const answer = this.answer(asked, response) ?? { body: this.#usualAnswer(asked.sql) };
    if (answer === "hang") return;
    if (answer === "cut") {
      response.writeHead(200, { "content-length": "1000" });
      response.write("half of it", () => response.destroy());
      return;
    }
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }

  #usualAnswer(sql: string): string {
    if (sql.includes("version()")) return `${this.version}\t${this.uptimeS}\n`;
    if (sql.includes("system.settings")) return this.known.map((name) => `${name}\n`).join("");
    const database = /system\.databases WHERE name = '(\w+)'/.exec(sql)?.[1];
    if (database !== undefined) return this.databases.includes(database) ? "1\n" : "0\n";
    if (sql.includes("system.mutations")) return "0\n";
    return "";
  }
}
