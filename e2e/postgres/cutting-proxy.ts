import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Where the proxy cuts: before the server has heard a commit, or when it answers one. */
export type Cut = "before the commit" | "before its answer";

/** Stands between a client and PostgreSQL and cuts a connection at its next commit, once for each time it is armed. */
export class CuttingProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: Cut | null = null;
  #isLastCut = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const proxy = new CuttingProxy(server, typeof address === "object" && address !== null ? address.port : 0);
    server.on("connection", (client) => proxy.#join(client, connect(targetPort, "127.0.0.1")));
    return proxy;
  }

  /** @param isLast whether nobody may connect again after it */
  arm(cut: Cut, { isLast } = { isLast: false }): void {
    this.#cut = cut;
    this.#isLastCut = isLast;
  }

  get isArmed(): boolean {
    return this.#cut !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket, database: Socket): void {
    let isMute = false;
    const cut = (): void => {
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database]) {
      this.#sockets.add(socket);
      socket.on("error", cut).on("close", cut);
    }
    client.on("data", (bytes) => {
      if (this.#cut !== null && bytes.includes("commit\0")) {
        isMute = this.#cut === "before its answer";
        this.#cut = null;
        if (this.#isLastCut) this.#server.close();
        if (!isMute) return cut();
      }
      database.write(bytes);
    });
    database.on("data", (bytes) => (isMute ? cut() : client.write(bytes)));
  }
}
