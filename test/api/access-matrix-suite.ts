import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Permission } from "../../src/access/permissions.ts";
import { ACTORS, type ActorName, MatrixWorld, NO_ID, TARGETS, type TargetName } from "./access-matrix-world.ts";

/*
 * Every route × every kind of actor × their own, another's and no object. What is expected is written down here once more,
 * in other words than the server's, so that a mistake must be made twice.
 */

const READ: readonly Permission[] = ["site:read", "device:read", "metric:read"];
const WORK: readonly Permission[] = [
  "device:create",
  "device:update",
  "device:delete",
  "metric:create",
  "metric:update",
  "metric:delete",
];
const BY_KEY: Partial<Record<ActorName, readonly Permission[]>> = {
  "ingest key": ["data:push"],
  "read key": [...READ, "data:read"],
};

const PEOPLE = ["viewer", "technician", "admin", "viewer elsewhere", "technician elsewhere"] as const;

interface PersonView {
  readonly isEverywhere: boolean;
  readonly items: readonly { readonly siteId: string; readonly permissions: readonly string[] }[];
}

/** What goes on beside the matrix, until it is told to stop. */
export type Load = (world: MatrixWorld) => Promise<{ stop(): Promise<void> }>;

/** @param load with it all kinds of actors ask at once; without, one after another */
export function accessMatrixSuite(title: string, load?: Load): void {
  let world: MatrixWorld;
  let running: { stop(): Promise<void> } | undefined;

  beforeAll(async () => {
    world = await MatrixWorld.open();
    running = await load?.(world);
  });

  afterAll(async () => {
    await running?.stop();
    await world.close();
  });

  /** What one actor is answered on one route, in words; empty when it is as expected. */
  async function wrongOf(actor: ActorName, { method, url, permission, about }: DeclaredRoute): Promise<string[]> {
    const kind = typeof about === "string" ? about : "object";
    // A stream does not end; its head says all that matters here.
    const asked = url.endsWith("/stream") ? "HEAD" : method;
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    const ask = async (target: TargetName) =>
      world.ask(actor, asked, await world.pathOf(method, url, actor, target), body);
    const wrong: string[] = [];
    for (const target of kind === "object" ? TARGETS : (["own"] as const)) {
      const answer = await ask(target);
      const { statusCode } = answer;
      const want = expected(actor, permission, kind, target);
      const isIn = ![401, 403, ...(kind === "object" ? [404] : [])].includes(statusCode) && statusCode < 500;
      const isRight = want === "in" ? isIn || (permission === "public" && statusCode < 500) : statusCode === want;
      if (!isRight) wrong.push(`${actor}: ${method} ${url} (${target}) answered ${statusCode}, not ${want}`);
      const isAnothers = target === (actor.endsWith("elsewhere") ? "own" : "foreign");
      if (want === 404 && isAnothers && seen(await ask("missing")) !== seen(answer)) {
        wrong.push(`${actor}: ${method} ${url} tells another's object from none`);
      }
    }
    return wrong;
  }

  describe(title, () => {
    test("holds for every route, actor and object", async () => {
      const routes = world.server.app.declaredRoutes.filter(
        // Signing out ends what the next cell would use; it has tests of its own. HEAD answers as GET does.
        ({ method, url }) => method !== "HEAD" && !url.endsWith("/auth/logout"),
      );
      expect(routes.length).toBeGreaterThan(50);
      const wrong: string[] = [];
      for (const route of routes) {
        if (load) wrong.push(...(await Promise.all(ACTORS.map((actor) => wrongOf(actor, route)))).flat());
        else for (const actor of ACTORS) wrong.push(...(await wrongOf(actor, route)));
      }
      expect(wrong).toEqual([]);
    }, 400_000);

    test("and what an administrator is told of a person is what that person is answered", async () => {
      const personIds = new Map<ActorName, string>();
      for (const actor of PEOPLE) {
        const me = await world.ask(actor, "GET", "/api/v1/me");
        personIds.set(actor, me.json<{ user: { id: string } }>().user.id);
      }
      for (const [actor, id] of personIds) {
        const view = (await world.ask("admin", "GET", `/api/v1/users/${id}/view?limit=500`)).json<PersonView>();
        const own = (await world.ask(actor, "GET", "/api/v1/sites?limit=500")).json<{ items: { id: string }[] }>();
        expect(view.items.map(({ siteId }) => siteId)).toEqual(own.items.map((site) => site.id));
        expect(view.isEverywhere, actor).toBe(actor === "admin");
        const may = [...READ, ...(actor.startsWith("viewer") ? [] : WORK)];
        for (const { permissions } of view.items) expect([...permissions].sort(), actor).toEqual([...may].sort());
        for (const target of TARGETS) {
          const path = await world.pathOf("GET", "/api/v1/sites/:siteId/devices", actor, target);
          const [told, seen] = [
            await world.ask("admin", "GET", path.replace("/api/v1", `/api/v1/users/${id}/view`)),
            await world.ask(actor, "GET", path),
          ];
          expect([told.statusCode, told.body], `${actor}, ${target}`).toEqual([seen.statusCode, seen.body]);
        }
      }
    });

    test("another's subscription is as if it were not there", async () => {
      for (const actor of ["viewer", "technician", "admin"] as const) {
        const other = world.subscriptionBesides(actor);
        for (const method of ["GET", "PATCH", "DELETE"] as const) {
          const ask = (id: string) =>
            world.ask(
              actor,
              method,
              `/api/v1/subscriptions/${id}`,
              method === "PATCH" ? { name: "Theirs" } : undefined,
            );
          const answer = await ask(other);
          expect(answer.statusCode).toBe(404);
          expect(seen(answer)).toBe(seen(await ask(NO_ID)));
        }
      }
    });
  });
}

type DeclaredRoute = MatrixWorld["server"]["app"]["declaredRoutes"][number];

/** "in": the request is looked at, whatever then comes of it. */
function expected(actor: ActorName, permission: Permission, about: string, target: TargetName): 401 | 403 | 404 | "in" {
  if (actor === "revoked key" || actor === "expired token") return 401;
  if (permission === "public") return "in";
  if (actor === "nobody") return 401;
  const isOfObject = about === "object";
  const isMissing = isOfObject && target === "missing";
  if (actor === "admin") return isMissing ? 404 : "in";
  const scopes = BY_KEY[actor];
  if (scopes) return scopes.includes(permission) ? (isMissing ? 404 : "in") : 403;
  if (about === "installation") return 403;
  if (about === "reach") return [...READ, "subscription:own", "account:own"].includes(permission) ? "in" : 403;
  const isTheirs = target === (actor.endsWith("elsewhere") ? "foreign" : "own");
  if (!isTheirs) return 404;
  const may = actor.startsWith("technician") ? [...READ, ...WORK] : READ;
  return may.includes(permission) ? "in" : 403;
}

/** All that the asker sees, but for what tells the time or how much they have asked. */
function seen({ statusCode, body, headers }: Awaited<ReturnType<MatrixWorld["ask"]>>): string {
  const told = Object.entries(headers).filter(([name]) => name !== "date" && !name.startsWith("ratelimit"));
  return JSON.stringify([statusCode, body, Object.fromEntries(told)]);
}
