import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { hashPassword, PASSWORD_CHARS_MAX } from "../../access/passwords.ts";
import type { Versioned } from "../../catalogue/changed.ts";
import { PASSWORD_CHARS_MIN, type User } from "../../domain/user.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import * as people from "../people-schemas.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { fromVersion, showVersion } from "../versions.ts";

const ById = z.object({ id: api.Id });
const Email = z.email("must be an e-mail address").max(320);
const Name = z.string().trim().min(1, "must not be empty").max(200);
const Password = z
  .string()
  .min(PASSWORD_CHARS_MIN, `must have at least ${PASSWORD_CHARS_MIN} characters`)
  .max(PASSWORD_CHARS_MAX);

const PeopleQuery = PageQuery.extend({
  search: z.string().max(200).optional().meta({ description: "A part of a name or an e-mail address, in any case" }),
});
const NewUser = z.strictObject({ email: Email, name: Name, password: Password, isAdmin: z.boolean().default(false) });
const UserPatch = z.strictObject({ email: Email, name: Name, password: Password, isAdmin: z.boolean() }).partial();

/** People who may sign in. */
export function userRoutes(app: FastifyInstance, { catalogue, signIn }: RouteParts): void {
  const { memberships, users } = catalogue;

  declare(
    app,
    "GET",
    "/users",
    {
      permission: "user:manage",
      summary: "People",
      query: PeopleQuery,
      example: { query: { limit: 50 } },
      answers: { 200: api.pageOf(people.User) },
    },
    ({ query }) => {
      const page = users.list(query, query.search);
      return { items: page.items.map(view), nextCursor: page.nextCursor };
    },
  );
  declare(
    app,
    "POST",
    "/users",
    {
      permission: "user:manage",
      summary: "Let a person in",
      audit: { action: "user.create", note: ({ body: { isAdmin } }) => ({ detail: { isAdmin } }) },
      body: NewUser,
      isRepeatable: { apartFrom: ["password"] },
      example: { body: { email: "grace@example.org", name: "Grace", password: "a long line of words" } },
      answers: { 201: people.User },
    },
    async ({ body: { password, ...user } }) =>
      view(await users.create({ ...user, passwordHash: await hashPassword(password) })),
  );
  declare(
    app,
    "GET",
    "/users/:id",
    {
      permission: "user:manage",
      summary: "A person",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.user } },
      answers: { 200: people.User },
    },
    ({ params, reply }) => shown(users.get(params.id), (version) => showVersion(reply, version)),
  );
  declare(
    app,
    "PATCH",
    "/users/:id",
    {
      permission: "user:manage",
      summary: "Change a person; another password ends their sessions",
      audit: { action: "user.change", note: ({ body }) => ({ detail: { fields: Object.keys(body) } }) },
      params: ById,
      body: UserPatch,
      example: { params: { id: EXAMPLE_IDS.user }, body: { name: "Grace H." } },
      answers: { 200: people.User },
    },
    async ({ body: { password, ...patch }, params, request, reply }) => {
      users.get(params.id);
      const passwordHash = password === undefined ? {} : { passwordHash: await hashPassword(password) };
      const changed = await users.update(params.id, { ...patch, ...passwordHash }, fromVersion(request));
      if (password !== undefined) await signIn.endAllSessionsOf(params.id);
      return shown(changed, (version) => showVersion(reply, version));
    },
  );
  declare(
    app,
    "DELETE",
    "/users/:id",
    {
      permission: "user:manage",
      summary: "Delete a person, at once; what they did stays in the audit",
      audit: { action: "user.delete" },
      params: ById,
      answers: { 204: z.null() },
    },
    async ({ params }) => {
      await users.delete(params.id);
      memberships.forgetUser(params.id);
      await signIn.endAllSessionsOf(params.id);
      return null;
    },
  );

  function shown({ item, version }: Versioned<User>, show: (version: number) => void): z.input<typeof people.User> {
    show(version);
    return view(item);
  }

  function view({ id, email, name, isAdmin }: User): z.input<typeof people.User> {
    const sites = Array.from(memberships.of(id), ([siteId, role]) => ({ siteId, role }));
    return { id, email, name, isAdmin, sites };
  }
}
