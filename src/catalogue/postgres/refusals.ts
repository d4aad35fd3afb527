import { DatabaseError } from "pg";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";

/** SQLSTATEs (postgresql.org/docs/current/errcodes-appendix.html); two characters are a whole class. */
const NOT_NOW = new Set([
  "08", // the connection is lost, or was never made
  "53", // the disk is full, memory is short, there are too many connections
  "57", // the server shuts down or starts, or a statement took too long
  "58", // an I/O error of the server
  "25006", // the server is read-only, as a standby is
  "25P03", // a transaction was idle for too long
  "40001", // two transactions contradict each other
  "40P01", // two transactions wait for each other
  "55P03", // a lock was not to be had in time
]);

/** The server has ended the connection with such an error, or is about to. */
const ENDS_CONNECTION = new Set(["08", "57P01", "57P02", "57P03", "57P04", "57P05", "25P03"]);
/** Text with a NUL character, which PostgreSQL cannot hold. */
const CHARACTER_NOT_IN_REPERTOIRE = "22021";
const RETRY_AFTER_S = 5;

/** Whether a connection that failed so can be used no more. What is not the server's own word came from the connection. */
export function endsConnection(error: unknown): boolean {
  return !(error instanceof DatabaseError) || isOneOf(ENDS_CONNECTION, error);
}

/** What a failed statement means to the catalogue's callers; an error that is a mistake of ours stays as it is. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) {
    return error instanceof TypeError || error instanceof RangeError ? error : unavailable(error);
  }
  // It quotes the row, which may hold a hash or a sealed secret; errors are logged.
  error.detail = undefined;
  if (error.code === CHARACTER_NOT_IN_REPERTOIRE) {
    return new InvalidInput([{ path: "", message: "holds a NUL character, which text must not have" }]);
  }
  return isOneOf(NOT_NOW, error) ? unavailable(error) : error;
}

/** It names neither the server nor its user: the message goes to whoever asked. */
export function unavailable(error: unknown): StorageUnavailable {
  return new StorageUnavailable(`The catalogue's database does not take it now (${reasonOf(error)}).`, RETRY_AFTER_S, {
    cause: error,
  });
}

/** SQLSTATE, the system's code or, for what has neither, the client's own words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : error.message.replaceAll(/\s+/g, " ");
}

function isOneOf(states: ReadonlySet<string>, { code = "" }: DatabaseError): boolean {
  return states.has(code) || states.has(code.slice(0, 2));
}
