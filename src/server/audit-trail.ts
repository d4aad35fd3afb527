import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import { type Actor, NOBODY } from "../access/actor.ts";
import type { AuditActor, AuditDetail, AuditEvent } from "../catalogue/audit/entry.ts";
import type { AuditTrail } from "../catalogue/audit/trail.ts";
import type { Clock } from "../domain/clock.ts";
import { NotAllowed } from "../domain/errors.ts";
import { RefusalBudget } from "./refusal-budget.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the audit log calls this route's deed: `site.create`. A route without a name is not recorded unless it is refused. */
    audited?: string;
  }
  interface FastifyRequest {
    auditNote: AuditNote;
    /** Who it was, where that is known only by the answer: of a sign-in. */
    auditActor?: AuditActor;
  }
}

/** What the audit log is told of one call beside who made it: never a secret, nor text that may hold one by mistake. */
export interface AuditNote {
  /** Unless told: what the action names before its dot, and the path's `id` or that of the answer. */
  readonly object?: AuditEvent["object"];
  readonly detail?: AuditDetail;
  /** The id of the object that was answered with: of one that was made. */
  readonly answeredId?: string;
}

const READING_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The action of the entry that says how many entries could not be written before it. */
const LOST_ACTION = "audit.lost";

/** Writes who did what into the audit log, before the answer goes out. Other routes than those with an `audited` name have no part in it. */
export class AuditRecorder {
  readonly #trail: AuditTrail;
  readonly #log: FastifyBaseLogger;
  readonly #budget: RefusalBudget;
  #lost = 0;
  #lostUntold = 0;

  constructor(trail: AuditTrail, clock: Clock, log: FastifyBaseLogger) {
    this.#trail = trail;
    this.#log = log;
    this.#budget = new RefusalBudget(clock);
  }

  /** Entries that could not be written since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** Refusals that were counted only. */
  get unrecorded(): number {
    return this.#budget.unrecorded;
  }

  /** Sees to every route that is declared on `app` afterwards, and looks at the log as it is. */
  async attach(app: FastifyInstance): Promise<void> {
    app.decorateRequest("auditNote");
    app.decorateRequest("auditActor");
    app.addHook("onRoute", (route) => {
      const { audited, permission } = route.config ?? {};
      const methods = [route.method].flat();
      if (audited === undefined) {
        // Pushed readings are data. Whatever else changes something has a name here.
        if (permission === "data:push" || methods.every((method) => READING_METHODS.has(method))) return;
        throw new TypeError(`${methods.join()} ${route.url} has no name in the audit log`);
      }
      const record = async (request: FastifyRequest, { statusCode }: { statusCode: number }) => {
        if (request.method !== "HEAD") await this.#record(request, audited, statusCode);
      };
      route.onSend = [...[route.onSend ?? []].flat(), record];
    });
    try {
      const fault = await this.#trail.begin();
      if (fault) this.#log.error({ entry: fault.place }, `The audit log is not the one that was left: ${fault.words}`);
    } catch (error) {
      this.#log.error({ err: error }, "the audit log cannot be written");
    }
  }

  /** Records that a known asker may not do this, of routes that are not recorded otherwise. */
  async refused(request: FastifyRequest, error: unknown): Promise<void> {
    const { audited, permission } = request.routeOptions.config;
    if (audited !== undefined || permission === undefined || !(error instanceof NotAllowed)) return;
    await this.#record(request, `${request.method} ${request.routeOptions.url ?? ""}`, 403);
  }

  async #record(request: FastifyRequest, action: string, outcome: number): Promise<void> {
    const actor = actorOf(request);
    const { auditNote = {} } = request as Partial<FastifyRequest>;
    const object = auditNote.object === undefined ? objectOf(request, action, auditNote) : auditNote.object;
    const isBounded = actor.kind === "nobody" || actor.kind === "visitor" || (outcome >= 400 && outcome < 500);
    // A sign-in that is refused counts for the person as whom it was tried.
    const meant = actor.kind === "nobody" ? auditNote.object?.id : null;
    const leftOut = isBounded ? this.#budget.take(actor.id ?? meant ?? actor.kind) : 0;
    if (leftOut === null) return;
    const detail = { ...auditNote.detail, ...(leftOut > 0 && { leftOutBefore: leftOut }) };
    await this.#append({ actor, action, object, outcome, detail });
  }

  /** What was done is done, whether or not it can be written down: it goes to the server's own log then. */
  async #append(event: AuditEvent): Promise<void> {
    try {
      await this.#tellLost();
      await this.#trail.append(event);
    } catch (error) {
      this.#lost++;
      this.#lostUntold++;
      this.#log.error({ err: error, audit: event }, "not in the audit log, which cannot be written");
    }
  }

  async #tellLost(): Promise<void> {
    const entries = this.#lostUntold;
    if (entries === 0) return;
    this.#lostUntold = 0;
    const actor = { kind: "server", id: null, name: null } as const;
    try {
      await this.#trail.append({ actor, action: LOST_ACTION, object: null, outcome: 503, detail: { entries } });
    } catch (error) {
      this.#lostUntold += entries;
      throw error;
    }
  }
}

function actorOf(request: FastifyRequest): AuditActor {
  // Absent when the request was refused before it was known who asks.
  if (request.auditActor) return request.auditActor;
  const actor = (request.actor as Actor | undefined) ?? NOBODY;
  if (actor.kind === "user") return { kind: "user", id: actor.user.id, name: actor.user.email };
  if (actor.kind === "key") return { kind: "key", id: actor.key.id, name: actor.key.name };
  return { kind: actor.kind, id: null, name: null };
}

/** What the path names, when it is an id: a request that is refused may have anything in its path. */
function objectOf(request: FastifyRequest, action: string, { answeredId }: AuditNote): AuditEvent["object"] {
  const { id = answeredId } = (request.params ?? {}) as { id?: string };
  const kind = request.routeOptions.config.audited === undefined ? "route" : (action.split(".", 1)[0] ?? action);
  return { kind, id: id !== undefined && UUID.test(id) ? id : null };
}
