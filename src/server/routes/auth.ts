import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { PASSWORD_CHARS_MAX } from "../../access/passwords.ts";
import type { SignedIn } from "../../access/sign-in.ts";
import { NotAuthenticated } from "../../domain/errors.ts";
import { PASSWORD_CHARS_MIN } from "../../domain/user.ts";
import { clearSessionCookies, setSignInCookies, shownSessions } from "../cookies.ts";
import type { RouteParts } from "../parts.ts";
import * as people from "../people-schemas.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { originOf } from "../sign-in-origin.ts";

const Password = z.string().max(PASSWORD_CHARS_MAX);
const Code = z.string().min(1).max(100);
const Credentials = z.strictObject({ email: z.string().max(320), password: Password });
const CodeBody = z.strictObject({ code: Code });
const NewAdmin = z.strictObject({
  code: Code,
  email: z.email("must be an e-mail address").max(320),
  name: z.string().trim().min(1, "must not be empty").max(200),
  password: Password.min(PASSWORD_CHARS_MIN, `must have at least ${PASSWORD_CHARS_MIN} characters`),
});

export function authRoutes(app: FastifyInstance, { catalogue, signIn }: RouteParts): void {
  const endShown = (request: FastifyRequest) =>
    Promise.all(shownSessions(request).map((token) => signIn.signOut(token)));

  /** The session that begins is a new one, and one that the request came with ends: nobody can plant theirs on somebody else. */
  const enter = async (request: FastifyRequest, reply: FastifyReply, signedIn: SignedIn) => {
    await endShown(request);
    setSignInCookies(request, reply, signedIn);
    // For the audit log it is they who asked.
    request.auditActor = { kind: "user", id: signedIn.user.id, name: signedIn.user.email };
    request.auditNote = { ...request.auditNote, object: { kind: "user", id: signedIn.user.id } };
    return view(signedIn);
  };

  declare(
    app,
    "POST",
    "/auth/login",
    {
      permission: "public",
      summary: "Sign in with a password",
      body: Credentials,
      audit: {
        action: "session.sign-in",
        note({ body }) {
          // People type passwords into the wrong field: only an address that is a user's may be repeated.
          const meant = catalogue.users.findByEmail(body.email);
          const object = { kind: "user", id: meant?.user.id ?? null };
          return { object, detail: { by: "password", ...(meant && { email: meant.user.email }) } };
        },
      },
      example: { body: { email: "ada@example.org", password: "correct horse battery" } },
      answers: { 200: people.Session },
    },
    async ({ body, request, reply }) =>
      enter(request, reply, await signIn.withPassword(body.email, body.password, originOf(request))),
  );

  declare(
    app,
    "POST",
    "/auth/link",
    {
      permission: "public",
      summary: "Sign in with the link printed at start",
      body: CodeBody,
      audit: { action: "session.sign-in", note: () => ({ detail: { by: "link" } }) },
      answers: { 200: people.Session },
    },
    async ({ body, request, reply }) => enter(request, reply, await signIn.withCode(body.code, originOf(request))),
  );

  declare(
    app,
    "POST",
    "/auth/logout",
    {
      permission: "public",
      summary: "End the browser's session",
      audit: { action: "session.sign-out" },
      answers: { 204: z.null() },
    },
    async ({ actor, request, reply }) => {
      await endShown(request);
      await signIn.endSessionOf(actor);
      clearSessionCookies(reply);
      return null;
    },
  );

  declare(
    app,
    "GET",
    "/me",
    { permission: "public", summary: "Who is asking", answers: { 200: people.Me } },
    ({ actor }) => {
      if (actor.kind === "nobody" || actor.kind === "key") throw new NotAuthenticated("Sign in first.");
      const demo = signIn.visitorsMayLook;
      if (actor.kind === "visitor") return { user: null, role: "viewer", sites: [], demo };
      const { user, sites } = actor;
      return {
        user: userView(user),
        role: user.isAdmin ? "admin" : "viewer",
        sites: Array.from(sites, ([siteId, role]) => ({ siteId, role })),
        demo,
      };
    },
  );

  declare(
    app,
    "GET",
    "/setup",
    {
      permission: "public",
      summary: "Whether the first administrator is still to be created",
      answers: { 200: api.Setup },
    },
    () => ({ needsAdmin: signIn.needsAdmin }),
  );

  declare(
    app,
    "POST",
    "/setup",
    {
      permission: "public",
      summary: "Create the first administrator",
      body: NewAdmin,
      audit: { action: "user.create", note: () => ({ detail: { by: "link", role: "admin" } }) },
      answers: { 201: people.Session },
    },
    async ({ body: { code, ...person }, request, reply }) =>
      enter(request, reply, await signIn.createFirstAdmin(code, person, originOf(request))),
  );
}

function view(signedIn: SignedIn): z.input<typeof people.Session> {
  return { accessToken: signedIn.accessToken, expiresInS: signedIn.expiresInS, user: userView(signedIn.user) };
}

function userView(user: SignedIn["user"]): z.input<typeof people.Session>["user"] {
  return { id: user.id, email: user.email, name: user.name };
}
