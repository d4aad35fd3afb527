import type { AddressInfo, Server } from "node:net";

/** A server's place to listen, which can be closed and had again under the same number. */
export class Port {
  readonly number: number;
  readonly #server: Server;
  readonly #host: string;
  readonly #cutAll: () => void;

  private constructor(server: Server, host: string, cutAll: () => void) {
    this.#server = server;
    this.#host = host;
    this.#cutAll = cutAll;
    // A server that listens on TCP has an address of that kind.
    this.number = (server.address() as AddressInfo).port;
  }

  /** Rejects with the system's error when the port cannot be had; 0 lets the system choose. `cutAll` ends all connections. */
  static async open(server: Server, port: number, host: string, cutAll: () => void): Promise<Port> {
    await listen(server, port, host);
    return new Port(server, host, cutAll);
  }

  /** As it stands in an address: `host:port`. */
  get address(): string {
    return `${this.#host.includes(":") ? `[${this.#host}]` : this.#host}:${this.number}`;
  }

  /** Cuts every connection and refuses new ones. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      // Called back with an error when it was not listening: then it is closed already.
      this.#server.close(() => resolve());
      this.#cutAll();
    });
  }

  async reopen(): Promise<void> {
    if (!this.#server.listening) await listen(this.#server, this.number, this.#host);
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
