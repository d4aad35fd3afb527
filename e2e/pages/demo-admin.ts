import type { Browser } from "playwright-core";
import type { ServerProcess } from "../server-process.ts";
import { visit } from "./visitor.ts";

/** What a list of the API names, as far as a page's address needs it. */
export interface Listed {
  readonly id: string;
  readonly metrics?: readonly { readonly id: string; readonly name: string }[];
}

/** The demo's administrator, signed in by the printed link. */
export class DemoAdmin {
  /** The session, as `name=value`. */
  readonly cookie: string;
  readonly #url: string;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.cookie = cookie;
  }

  static async signIn(browser: Browser, server: Pick<ServerProcess, "url" | "signInLink">): Promise<DemoAdmin> {
    await using visited = await visit(browser, server, server.signInLink.replace(server.url, ""));
    await visited.page.waitForURL((url) => url.pathname === "/");
    const session = (await visited.page.context().cookies()).find(({ name }) => name.includes("session"));
    if (!session) throw new Error("the link signed nobody in");
    return new DemoAdmin(server.url, `${session.name}=${session.value}`);
  }

  /** What a list of the API holds first, `path` from behind `/api/v1` on. */
  async list(path: string): Promise<Listed[]> {
    const answer = await fetch(`${this.#url}/api/v1${path}`, { headers: { cookie: this.cookie } });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { items: Listed[] }).items;
  }
}
