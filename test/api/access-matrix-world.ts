import type { LightMyRequestResponse } from "fastify";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

export const ACTORS = [
  "nobody",
  "viewer",
  "technician",
  "admin",
  "viewer elsewhere",
  "technician elsewhere",
  "revoked key",
  "expired token",
  "ingest key",
  "read key",
] as const;
export type ActorName = (typeof ACTORS)[number];
export const TARGETS = ["own", "foreign", "missing"] as const;
export type TargetName = (typeof TARGETS)[number];

export const NO_ID = "01900000-0000-7000-8000-000000000000";

type Headers = Readonly<Record<string, string>>;

interface Place {
  readonly siteId: string;
  readonly deviceId: string;
  readonly metricId: string;
}

interface Let {
  readonly id: string;
  readonly bearer: Headers;
}

/** A server with two sites, and every kind of actor: of the first site, of the second, and of none. */
export class MatrixWorld {
  readonly server: ApiServer;
  readonly #admin: Headers;
  readonly #credentials = new Map<ActorName, Headers>();
  readonly #subscriptionIds = new Map<ActorName, string>();
  #own: Place = { siteId: "", deviceId: "", metricId: "" };
  #foreign = this.#own;
  #personId = "";
  #count = 0;

  private constructor(server: ApiServer, admin: Headers) {
    this.server = server;
    this.#admin = admin;
  }

  static async open(): Promise<MatrixWorld> {
    const server = await startApiServer();
    await server.signInAsAdmin();
    const before = new MatrixWorld(server, await bearerOf(server, ADMIN.email));
    const site = await before.#placeNamed("Before");
    const expired = await before.#person("technician", site.siteId);
    server.clock.jumpWall(900_000);
    const world = new MatrixWorld(server, await bearerOf(server, ADMIN.email));
    world.#credentials.set("expired token", expired.bearer);
    await world.#settle();
    return world;
  }

  async #settle(): Promise<void> {
    [this.#own, this.#foreign] = [await this.#placeNamed("Own"), await this.#placeNamed("Foreign")];
    const { siteId } = this.#own;
    const elsewhere = this.#foreign.siteId;
    const revoked = await this.keyWith("manage");
    await this.#call("DELETE", `/api/v1/api-keys/${revoked.id}`, this.#admin);
    const actors: [ActorName, Headers][] = [
      ["nobody", {}],
      ["viewer", (await this.#person("viewer", siteId)).bearer],
      ["technician", (await this.#person("technician", siteId)).bearer],
      ["admin", this.#admin],
      ["viewer elsewhere", (await this.#person("viewer", elsewhere)).bearer],
      ["technician elsewhere", (await this.#person("technician", elsewhere)).bearer],
      ["revoked key", revoked.bearer],
      ["ingest key", (await this.keyWith("ingest")).bearer],
      ["read key", (await this.keyWith("read")).bearer],
    ];
    for (const [actor, bearer] of actors) this.#credentials.set(actor, bearer);
    this.#personId = (await this.#person(null, siteId)).id;
    for (const actor of ["viewer", "technician", "admin", "viewer elsewhere", "technician elsewhere"] as const) {
      const { metricId } = actor.endsWith("elsewhere") ? this.#foreign : this.#own;
      const answer = await this.ask(actor, "POST", "/api/v1/subscriptions", { name: "Mine", metricIds: [metricId] });
      this.#subscriptionIds.set(actor, answer.json<{ id: string }>().id);
    }
  }

  close(): Promise<void> {
    return this.server.close();
  }

  ask(actor: ActorName, method: string, url: string, payload?: object): Promise<LightMyRequestResponse> {
    return this.#call(method, url, this.#credentials.get(actor) ?? {}, payload);
  }

  async keyWith(scope: string): Promise<Let> {
    const key = await this.#made<{ id: string; key: string }>("/api-keys", { name: scope, scopes: [scope] });
    return { id: key.id, bearer: { authorization: `Bearer ${key.key}` } };
  }

  /** The subscription of another than this actor. */
  subscriptionBesides(actor: ActorName): string {
    return this.#subscriptionIds.get(actor === "admin" ? "viewer" : "admin") ?? NO_ID;
  }

  /** The path of a route with ids in it. What may be deleted is made for it. */
  async pathOf(method: string, url: string, actor: ActorName, target: TargetName): Promise<string> {
    const isDeletion = method === "DELETE";
    const at = target === "own" ? this.#own : this.#foreign;
    const place =
      isDeletion && /\/(devices|metrics)\//.test(url) ? { ...at, ...(await this.#deviceAt(at.siteId)) } : at;
    const id = (known: string): string => (target === "missing" ? NO_ID : known);
    const userId = this.#personId;
    if (isDeletion && url.endsWith("/:userId")) {
      await this.#call("PUT", `/api/v1/sites/${place.siteId}/members/${userId}`, this.#admin, { role: "viewer" });
    }
    const subscription = target === "own" ? this.#subscriptionIds.get(actor) : this.subscriptionBesides(actor);
    const objectId: Record<string, string> = {
      sites: place.siteId,
      devices: place.deviceId,
      metrics: place.metricId,
      subscriptions: subscription ?? NO_ID,
      users: isDeletion ? (await this.#person(null, this.#own.siteId)).id : this.#personId,
      "api-keys": isDeletion ? (await this.keyWith("read")).id : NO_ID,
    };
    return url
      .replace(":siteId", id(place.siteId))
      .replace(":userId", userId)
      .replace(":id", id(objectId[url.split("/")[3] ?? ""] ?? NO_ID));
  }

  #call(method: string, url: string, headers: Headers, payload?: object): Promise<LightMyRequestResponse> {
    const body = payload === undefined ? {} : { payload };
    return this.server.app.inject({ method: method as "GET", url, headers, ...body });
  }

  async #made<T>(url: string, payload: object): Promise<T> {
    const answer = await this.#call("POST", `/api/v1${url}`, this.#admin, payload);
    if (answer.statusCode !== 201) throw new Error(`${url}: ${answer.body}`);
    return answer.json<T>();
  }

  async #placeNamed(name: string): Promise<Place> {
    const { id: siteId } = await this.#made<{ id: string }>("/sites", { name, timezone: "UTC" });
    return { siteId, ...(await this.#deviceAt(siteId)) };
  }

  async #deviceAt(siteId: string): Promise<Omit<Place, "siteId">> {
    const metrics = ["active_power", "voltage"].map((name) => ({ name, unit: "W" }));
    const wanted = { name: `Meter ${this.#count++}`, kind: "meter", metrics };
    const device = await this.#made<{ id: string; metrics: { id: string }[] }>(`/sites/${siteId}/devices`, wanted);
    return { deviceId: device.id, metricId: device.metrics[0]?.id ?? "" };
  }

  async #person(role: string | null, siteId: string): Promise<Let> {
    const email = `person${this.#count++}.${role}@example.org`;
    const { id } = await this.#made<{ id: string }>("/users", { email, name: "Somebody", password: ADMIN.password });
    if (role !== null) await this.#call("PUT", `/api/v1/sites/${siteId}/members/${id}`, this.#admin, { role });
    return { id, bearer: await bearerOf(this.server, email) };
  }
}

async function bearerOf({ app }: ApiServer, email: string): Promise<Headers> {
  const payload = { email, password: ADMIN.password };
  const answer = await app.inject({ method: "POST", url: "/api/v1/auth/login", payload });
  return { authorization: `Bearer ${answer.json<{ accessToken: string }>().accessToken}` };
}
