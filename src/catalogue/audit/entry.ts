import { hash as sha } from "node:crypto";
import type { Schema } from "../schema.ts";

/** Who did something, by the name that they had then. `server` is Kilowatch itself. */
export interface AuditActor {
  readonly kind: "user" | "key" | "visitor" | "nobody" | "server";
  readonly id: string | null;
  /** A user's e-mail address, or a key's name. */
  readonly name: string | null;
}

/** What the log says of a deed beside who did it. Never a value that may be secret. */
export type AuditDetail = Readonly<Record<string, unknown>>;

/** Something that was done, or that was asked for and refused. */
export interface AuditEvent {
  readonly actor: AuditActor;
  /** The object's kind and the deed, such as `site.create`. */
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string | null } | null;
  /** The HTTP status of the answer. */
  readonly outcome: number;
  readonly detail: AuditDetail;
}

/** An event in its place in the log. */
export interface AuditEntry extends AuditEvent {
  /** 1, 2, 3 … without gaps. */
  readonly place: number;
  readonly atMs: number;
  /** SHA-256 of everything that is said here and of the hash of the entry before, hex. */
  readonly hash: string;
}

/** An entry by its place and hash, which stands for all before it too. */
export interface AuditLink {
  /** 0 when there is no entry. */
  readonly place: number;
  readonly hash: string;
}

export type AuditRow = Schema["audit_entry"];

/** Of an actor's name, an action, an object's kind and its id. */
export const AUDIT_NAME_CHARS_MAX = 320;
/** Of an entry's detail as JSON: room for the ids of 200 metrics. A longer one is replaced by its length. */
export const AUDIT_DETAIL_CHARS_MAX = 8_192;

/** The log before its first entry. */
export const NO_ENTRY: AuditLink = { place: 0, hash: "0".repeat(64) };

/** The action of the entry that the server writes when it finds that the log is not the one that it left. */
export const BREAK_ACTION = "audit.break";

/** The row that holds an event, after `previous`. */
export function rowAfter(previous: AuditLink, event: AuditEvent, atMs: number): AuditRow {
  const { actor, object } = event;
  const unhashed = {
    place: previous.place + 1,
    at_ms: atMs,
    actor_kind: actor.kind,
    actor_id: kept(actor.id),
    actor_name: kept(actor.name),
    action: keptText(event.action),
    object_kind: kept(object?.kind ?? null),
    object_id: kept(object?.id ?? null),
    outcome: event.outcome,
    detail: detailText(event.detail),
    previous_hash: previous.hash,
  };
  return { ...unhashed, hash: hashOf(unhashed) };
}

/**
 * SHA-256, hex, of the row's fields but `hash`, in the order below, as the JSON array that `JSON.stringify` makes of them, in UTF-8.
 * No two rows have the same array: its strings are quoted and escaped.
 */
export function hashOf(row: Omit<AuditRow, "hash">): string {
  const fields = [
    row.place,
    row.at_ms,
    row.actor_kind,
    row.actor_id,
    row.actor_name,
    row.action,
    row.object_kind,
    row.object_id,
    row.outcome,
    row.detail,
    row.previous_hash,
  ];
  return sha("sha256", JSON.stringify(fields), "hex");
}

export function entryOf(row: AuditRow): AuditEntry {
  return {
    place: row.place,
    atMs: row.at_ms,
    actor: { kind: row.actor_kind as AuditActor["kind"], id: row.actor_id, name: row.actor_name },
    action: row.action,
    object: row.object_kind === null ? null : { kind: row.object_kind, id: row.object_id },
    outcome: row.outcome,
    detail: detailOf(row.detail),
    hash: row.hash,
  };
}

/** Of an entry that somebody else has changed, too: it can be looked at, and `verify.ts` says what is wrong with it. */
function detailOf(text: string): AuditDetail {
  try {
    return JSON.parse(text) as AuditDetail;
  } catch {
    return { unreadable: true };
  }
}

function detailText(detail: AuditDetail): string {
  const text = keptText(JSON.stringify(detail), Number.POSITIVE_INFINITY);
  return text.length > AUDIT_DETAIL_CHARS_MAX ? JSON.stringify({ cut: text.length }) : text;
}

function kept(text: string | null): string | null {
  return text === null ? null : keptText(text);
}

/** Text that every database gives back as it was stored, or the hash would not fit any more: no NUL, no half of a surrogate pair. */
function keptText(text: string, charsMax = AUDIT_NAME_CHARS_MAX): string {
  return text
    .slice(0, charsMax)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, "\u{fffd}");
}
