import { DatabaseError } from "pg";
import { Conflict, NotFound } from "../domain/errors.ts";

/** SQLite's extended result codes of a broken primary key or UNIQUE constraint (sqlite.org/rescode.html), and PostgreSQL's unique_violation. */
const DOUBLES: ReadonlySet<unknown> = new Set([1_555, 2_067, "23505"]);
/** The same of a foreign key (postgresql.org/docs/current/errcodes-appendix.html). */
const ORPHANS: ReadonlySet<unknown> = new Set([787, "23503"]);

/** @throws Conflict when `write` would give two rows what only one may have */
export function refusingDoubles<T>(what: string, write: () => Promise<T>): Promise<T> {
  return refusing(DOUBLES, (cause) => new Conflict(`There is a ${what} already.`, { cause }), write);
}

/** @throws NotFound when what the new row belongs to is gone: it was deleted since it was looked for */
export function refusingOrphans<T>(parent: string, write: () => Promise<T>): Promise<T> {
  return refusing(ORPHANS, () => new NotFound(parent), write);
}

async function refusing<T>(
  codes: ReadonlySet<unknown>,
  refusal: (cause: unknown) => Error,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw codes.has(codeOf(error)) ? refusal(error) : error;
  }
}

function codeOf(error: unknown): unknown {
  if (error instanceof DatabaseError) return error.code;
  return error instanceof Error && "errcode" in error ? error.errcode : undefined;
}
