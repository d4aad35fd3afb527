import type { ServerProcess } from "../server-process.ts";

/** Somebody who is signed in, as a browser and as a program. */
export class Person {
  /** The session, as `name=value`. */
  readonly cookie: string;
  readonly #url: string;
  readonly #bearer: string;

  private constructor(url: string, cookie: string, bearer: string) {
    this.#url = url;
    this.cookie = cookie;
    this.#bearer = bearer;
  }

  static async signIn(server: Pick<ServerProcess, "url">, email: string, password: string): Promise<Person> {
    const answer = await fetch(`${server.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    const { accessToken } = (await answer.json()) as { accessToken: string };
    const cookie = (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
    return new Person(server.url, cookie, accessToken);
  }

  /**
   * Asks the API, `path` from behind `/api/v1` on.
   * @param bearer another one's, such as an API key
   * @throws Error for any status but 2xx
   */
  async ask<T>(method: string, path: string, body?: object, bearer = this.#bearer): Promise<T> {
    const answer = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }
}
