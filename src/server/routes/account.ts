import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Actor, SignedInUser } from "../../access/actor.ts";
import { PASSWORD_CHARS_MAX } from "../../access/passwords.ts";
import { NotAuthenticated } from "../../domain/errors.ts";
import { PASSWORD_CHARS_MIN } from "../../domain/user.ts";
import { setSignInCookies } from "../cookies.ts";
import type { RouteParts } from "../parts.ts";
import * as people from "../people-schemas.ts";
import { declare } from "../route.ts";
import { originOf } from "../sign-in-origin.ts";

const OwnName = z.strictObject({ name: z.string().trim().min(1, "must not be empty").max(200) });
const OwnPassword = z.strictObject({
  present: z.string().max(PASSWORD_CHARS_MAX),
  password: z
    .string()
    .min(PASSWORD_CHARS_MIN, `must have at least ${PASSWORD_CHARS_MIN} characters`)
    .max(PASSWORD_CHARS_MAX),
});

/** What people may change of themselves, whatever they are. */
export function accountRoutes(app: FastifyInstance, { catalogue, signIn }: RouteParts): void {
  declare(
    app,
    "PATCH",
    "/me",
    {
      permission: "account:own",
      about: "reach",
      summary: "Change one's own name",
      audit: {
        action: "account.change",
        note: ({ actor }) => ({ object: accountOf(actor), detail: { fields: ["name"] } }),
      },
      body: OwnName,
      answers: { 200: people.Account },
    },
    async ({ actor, body: { name } }) => {
      const { item } = await catalogue.users.update(signedIn(actor).user.id, { name }, null);
      return { id: item.id, email: item.email, name: item.name };
    },
  );

  declare(
    app,
    "PUT",
    "/me/password",
    {
      permission: "account:own",
      about: "reach",
      summary: "Change one's own password: every session of one's own ends, and a new one begins",
      audit: { action: "account.password", note: ({ actor }) => ({ object: accountOf(actor) }) },
      body: OwnPassword,
      answers: { 200: people.Session },
    },
    async ({ actor, body: { present, password }, request, reply }) => {
      const entered = await signIn.changePassword(signedIn(actor).user, present, password, originOf(request));
      setSignInCookies(request, reply, entered);
      const { accessToken, expiresInS, user } = entered;
      return { accessToken, expiresInS, user: { id: user.id, email: user.email, name: user.name } };
    },
  );
}

/** @throws NotAuthenticated for whoever has no account */
function signedIn(actor: Actor): SignedInUser {
  if (actor.kind !== "user") throw new NotAuthenticated("Sign in first.");
  return actor;
}

function accountOf(actor: Actor): { readonly kind: "user"; readonly id: string } | null {
  return actor.kind === "user" ? { kind: "user", id: actor.user.id } : null;
}
