import type { ServerProcess } from "./server-process.ts";

const EMAIL = "operator@example.org";
const PASSWORD = "a password of the tests";

/** Settings that let a `serve` be signed in to without the printed link, and call simulated vendors on this machine. */
export const OPERATOR_ENV = {
  KILOWATCH_ADMIN_EMAIL: EMAIL,
  KILOWATCH_ADMIN_PASSWORD: PASSWORD,
  KILOWATCH_VENDOR_NETWORKS: "127.0.0.0/8",
} as const;

/** The part of a connection that the API shows and the suites look at. */
export interface ConnectionReport {
  readonly id: string;
  readonly name: string;
  readonly state: "starting" | "standing_by" | "running" | "backing_off" | "refused";
  readonly message: string | null;
  readonly requests: number;
  readonly failedRequests: number;
  readonly readings: number;
  readonly devices: number;
}

interface DeviceNow {
  readonly name: string;
  readonly activePowerMetricId: string;
}

/** The administrator of a server, signed in as a program and as a browser. */
export class Operator {
  readonly #url: string;
  readonly #bearer: string;
  readonly #cookie: string;

  private constructor(url: string, bearer: string, cookie: string) {
    this.#url = url;
    this.#bearer = bearer;
    this.#cookie = cookie;
  }

  /** Signs in. The server must have been started with `OPERATOR_ENV`. */
  static async signIn(server: Pick<ServerProcess, "url">): Promise<Operator> {
    const answer = await signIn(server.url);
    const { accessToken } = await jsonOf<{ accessToken: string }>(answer, 200);
    const cookie = (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
    return new Operator(server.url, accessToken, cookie);
  }

  /** Connects an account with these devices, at a site of its own. */
  async connect(account: {
    readonly vendor: "energygrid" | "elecnova";
    readonly name: string;
    readonly baseUrl: string;
    readonly credential: Readonly<Record<string, string>>;
    readonly serialNumbers: readonly string[];
    readonly pollIntervalMs: number;
  }): Promise<ConnectionReport> {
    const site = await this.post<{ id: string }>("/sites", { name: `Site of ${account.name}`, timezone: "UTC" });
    return this.post("/connections", { ...account, siteId: site.id });
  }

  async connection(id: string): Promise<ConnectionReport> {
    const { items } = await this.#get<{ items: ConnectionReport[] }>("/connections");
    const found = items.find((item) => item.id === id);
    if (!found) throw new Error(`there is no connection ${id}`);
    return found;
  }

  /** Times (epoch ms) of the stored power of every device, by its name. */
  async powerTimes(): Promise<ReadonlyMap<string, readonly number[]>> {
    const window = "from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z&step=raw&maxPoints=10000";
    const { items } = await this.#get<{ items: DeviceNow[] }>("/fleet/devices?limit=500");
    const times = new Map<string, number[]>();
    for (const { name, activePowerMetricId } of items) {
      const answer = await this.#get<{ series: { points: [number, number][] }[] }>(
        `/metrics/${activePowerMetricId}/series?${window}`,
      );
      times.set(
        name,
        (answer.series[0]?.points ?? []).map(([timeMs]) => timeMs),
      );
    }
    return times;
  }

  /** The fleet page as a browser gets it, markup left out. */
  async fleetPageText(): Promise<string> {
    const answer = await fetch(`${this.#url}/`, { headers: { cookie: this.#cookie, accept: "text/html" } });
    const html = await answer.text();
    if (answer.status !== 200) throw new Error(`the fleet page answered ${answer.status}:\n${html}`);
    const shown = html.replaceAll(/<(script|style)\b.*?<\/\1>/gs, " ").replaceAll(/<[^>]*>/g, " ");
    return shown.replaceAll(/\s+/g, " ");
  }

  /** The text of the answer to any other GET, `path` from behind `/api/v1` on. @throws Error for any status but 200 */
  async text(path: string): Promise<string> {
    const answer = await fetch(`${this.#url}/api/v1${path}`, { headers: { authorization: `Bearer ${this.#bearer}` } });
    return textOf(answer, 200);
  }

  async #get<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  /** The body of the answer 201 to any other POST. */
  async post<T>(path: string, body: object): Promise<T> {
    const answer = await fetch(`${this.#url}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#bearer}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return jsonOf<T>(answer, 201);
  }
}

/** Status of the answer to a sign-in. */
export async function signInStatus(url: string): Promise<number> {
  const answer = await signIn(url);
  await answer.body?.cancel();
  return answer.status;
}

function signIn(url: string): Promise<Response> {
  return fetch(`${url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
  });
}

async function jsonOf<T>(answer: Response, status: number): Promise<T> {
  return JSON.parse(await textOf(answer, status)) as T;
}

async function textOf(answer: Response, status: number): Promise<string> {
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${answer.url} answered ${answer.status}: ${text}`);
  return text;
}
