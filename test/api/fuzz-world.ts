import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";
import type { ActorName, FuzzRequest, ObjectKind } from "./fuzz-operations.ts";
import { MARKS } from "./fuzz-requests.ts";

/** Objects of each kind that there are when a part of the run begins. */
const OBJECTS = 3;
const MISSING_ID = "01900000-0000-7000-8000-000000000000";

/** A server with objects and people whom requests may delete and lock out, and an administrator of whom no request knows. */
export class FuzzWorld {
  readonly server: ApiServer;
  #keeper: Record<string, string>;
  readonly #ids = new Map<ObjectKind, string[]>();
  readonly #credentials = new Map<ActorName, Record<string, string>>();
  readonly #emails = new Map<ActorName, string>();
  #made = 0;
  #asked = 0;

  private constructor(server: ApiServer, keeper: Record<string, string>) {
    this.server = server;
    this.#keeper = keeper;
  }

  static async open(): Promise<FuzzWorld> {
    const server = await startApiServer();
    const world = new FuzzWorld(server, await server.signInAsAdmin());
    await world.renew();
    return world;
  }

  credentialsOf(actor: ActorName): Record<string, string> {
    return this.#credentials.get(actor) ?? {};
  }

  /** A request's text with ids in place of its marks. */
  filled(text: string): string {
    return text.replace(MARKS, (_mark, kind: ObjectKind, which: string) => {
      const ids = this.#ids.get(kind) ?? [];
      // One mark in ten names nothing.
      return (which === "9" ? undefined : ids[Number(which) % ids.length]) ?? MISSING_ID;
    });
  }

  /** Makes everything anew that requests may have deleted, changed or locked out; a minute goes by. */
  async renew(): Promise<void> {
    await this.server.clock.advance(60_000);
    this.#keeper = await this.#signedIn(ADMIN.email);
    const ids = new Map<ObjectKind, string[]>();
    const add = (kind: ObjectKind, id: string): void => void ids.set(kind, [...(ids.get(kind) ?? []), id]);
    for (let round = 0; round < OBJECTS; round++) {
      const site = await this.#make<{ id: string }>("/sites", {
        name: `Site ${this.#made++}`,
        timezone: "America/Santiago",
      });
      const metrics = ["active_power", "voltage", "energy"].map((name) => ({ name, unit: "W" }));
      const wanted = { name: `Meter ${this.#made++}`, kind: "meter", metrics };
      const device = await this.#make<{ id: string; metrics: { id: string }[] }>(`/sites/${site.id}/devices`, wanted);
      add("site", site.id);
      add("device", device.id);
      for (const { id } of device.metrics) add("metric", id);
    }
    add("site", (await this.#make<{ id: string }>("/sites", { name: "Empty", timezone: "UTC" })).id);
    const { connection, job } = await this.#connect();
    add("connection", connection);
    add("backfill-job", job);
    for (const role of ["viewer", "technician", "admin"] as const) {
      // At a host of their own: requests make people at another.
      const email = `person${this.#made++}@world.example`;
      const isAdmin = role === "admin";
      const wanted = { email, name: "Somebody", password: ADMIN.password, isAdmin };
      const { id } = await this.#make<{ id: string }>("/users", wanted);
      add("user", id);
      if (!isAdmin) await this.#ask("PUT", `/sites/${ids.get("site")?.[0]}/members/${id}`, this.#keeper, { role });
      const bearer = await this.#signedIn(email);
      this.#emails.set(role, email);
      this.#credentials.set(role, bearer);
      const subscription = { name: "Mine", metricIds: ids.get("metric")?.slice(0, 2) };
      add("subscription", (await this.#make<{ id: string }>("/subscriptions", subscription, bearer)).id);
    }
    for (const scope of ["read", "ingest", "manage"] as const) {
      const { id, key } = await this.#make<{ id: string; key: string }>("/api-keys", { name: scope, scopes: [scope] });
      add("api-key", id);
      this.#credentials.set(`${scope} key`, { authorization: `Bearer ${key}` });
    }
    for (const list of ["sites", "users", "api-keys", "fleet/devices", "audit"]) {
      const page = await this.#ask("GET", `/${list}?limit=1`, this.#keeper);
      add("cursor", encodeURIComponent(page.json<{ nextCursor: string | null }>().nextCursor ?? "none"));
    }
    for (const [kind, all] of ids) this.#ids.set(kind, all);
  }

  /** Accounts whose vendors nobody reaches, made past the route, which would begin to ask them; and an import of one. */
  async #connect(): Promise<{ connection: string; job: string }> {
    const { connections, backfillJobs } = this.server.catalogue;
    const account = { name: "Account", baseUrl: "http://127.0.0.1:9", pollIntervalMs: 60_000 };
    const listed = await connections.create({ ...account, vendor: "energygrid" }, { token: "t" });
    const kept = await connections.create({ ...account, vendor: "elecnova" }, { clientId: "c", clientSecret: "s" });
    const range = { fromMs: Date.UTC(2026, 5, 1), toMs: Date.UTC(2026, 5, 2) };
    const { item } = await backfillJobs.create({ connectionId: kept.id, deviceIds: null, ...range });
    return { connection: listed.id, job: item.id };
  }

  /** Lets an actor back in who is not known any more: signed out, expired, revoked, deleted. */
  async letIn(actor: ActorName): Promise<void> {
    const email = this.#emails.get(actor);
    const login = email === undefined ? undefined : await this.#login(email);
    if (login?.statusCode === 200) this.#credentials.set(actor, bearerOf(login));
    else await this.renew();
  }

  /** What is asked, in words with which it can be asked again. */
  wordsFor({ actor, method, path, headers, body }: FuzzRequest): string {
    const sent = body === null ? "" : ` ${JSON.stringify(this.filled(body).slice(0, 500))}`;
    return `${method} ${this.filled(path).slice(0, 500)} as ${actor} ${JSON.stringify(headers)}${sent}`;
  }

  async #signedIn(email: string): Promise<Record<string, string>> {
    const answer = await this.#login(email);
    if (answer.statusCode !== 200) throw new Error(`${email} cannot sign in: ${answer.body}`);
    return bearerOf(answer);
  }

  #login(email: string) {
    return this.#ask("POST", "/auth/login", {}, { email, password: ADMIN.password });
  }

  async #make<T>(path: string, payload: object, headers = this.#keeper): Promise<T> {
    const answer = await this.#ask("POST", path, headers, payload);
    if (answer.statusCode !== 201) throw new Error(`${path} answered ${answer.statusCode}: ${answer.body}`);
    return answer.json<T>();
  }

  #ask(method: "GET" | "POST" | "PUT", path: string, headers: Record<string, string>, payload?: object) {
    const body = payload === undefined ? {} : { payload };
    // Each time from another address: sign-ins that go wrong hold back those that come from theirs.
    const asked = this.#asked++;
    const remoteAddress = `10.${asked >> 16}.${(asked >> 8) & 255}.${asked & 255}`;
    return this.server.app.inject({ method, url: `/api/v1${path}`, headers, remoteAddress, ...body });
  }
}

function bearerOf(login: { json<T>(): T }): Record<string, string> {
  return { authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` };
}
