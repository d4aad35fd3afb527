import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { PASSWORD_CHARS_MAX } from "../../access/passwords.ts";
import type { SignedIn } from "../../access/sign-in.ts";
import { NotAuthenticated } from "../../domain/errors.ts";
import { PASSWORD_CHARS_MIN } from "../../domain/user.ts";
import { clearSessionCookie, SESSION_COOKIE, setSessionCookie } from "../cookies.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";

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
        async note({ body }) {
          // People type passwords into the wrong field: only an address that is a user's may be repeated.
          const meant = await catalogue.users.findByEmail(body.email);
          const object = { kind: "user", id: meant?.user.id ?? null };
          return { object, detail: { by: "password", ...(meant && { email: meant.user.email }) } };
        },
      },
      answers: { 200: api.Session },
    },
    async ({ body, request, reply }) => welcome(await signIn.withPassword(body.email, body.password), request, reply),
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
      answers: { 200: api.Session },
    },
    async ({ body, request, reply }) => welcome(await signIn.withCode(body.code), request, reply),
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
    async ({ request, reply }) => {
      const token = request.cookies[SESSION_COOKIE];
      if (token !== undefined) await signIn.signOut(token);
      clearSessionCookie(reply);
      return null;
    },
  );

  declare(
    app,
    "GET",
    "/me",
    { permission: "public", summary: "Who is asking", answers: { 200: api.Me } },
    ({ actor }) => {
      if (actor.role === null) throw new NotAuthenticated("Sign in first.");
      const user = actor.kind === "user" ? userView(actor.user) : null;
      return { user, role: actor.role, demo: signIn.visitorsMayLook };
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
    async () => ({ needsAdmin: await signIn.needsAdmin() }),
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
      answers: { 201: api.Session },
    },
    async ({ body, request, reply }) =>
      welcome(await signIn.createFirstAdmin(body.code, body.email, body.name, body.password), request, reply),
  );
}

/** Begins the browser's session; for the audit log it is they who asked. */
function welcome(signedIn: SignedIn, request: FastifyRequest, reply: FastifyReply): z.input<typeof api.Session> {
  const { user } = signedIn;
  setSessionCookie(request, reply, signedIn.sessionToken);
  request.actor = { kind: "user", user, role: user.isAdmin ? "admin" : "viewer" };
  request.auditNote = { ...request.auditNote, object: { kind: "user", id: user.id } };
  return { accessToken: signedIn.accessToken, expiresInS: signedIn.expiresInS, user: userView(user) };
}

function userView(user: SignedIn["user"]): z.input<typeof api.Session>["user"] {
  return { id: user.id, email: user.email, name: user.name };
}
