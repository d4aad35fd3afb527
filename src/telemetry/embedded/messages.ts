import type { TouchedDays } from "../sql/connection.ts";

/** What the server asks of its engine process over IPC. Inserts come over a pipe of their own, as frames of `insert-frames.ts`. */
export type EngineRequest =
  /** `sql` is Kilowatch's own text with numbers in it; the answer is RowBinary. */
  | { readonly kind: "query"; readonly id: number; readonly sql: string }
  | { readonly kind: "execute"; readonly id: number; readonly sql: string };

/** What the engine process says. Typed arrays travel as they are (`serialization: "advanced"`). */
export type EngineMessage =
  | { readonly kind: "ready" }
  /** It cannot open its directory and ends. */
  | { readonly kind: "failed"; readonly message: string }
  /** Something that it wrote may be cut off; it ends, and what it has not answered is to be asked again of the next process. */
  | { readonly kind: "write-failed"; readonly message: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: EngineAnswer }
  | { readonly kind: "refusal"; readonly id: number; readonly message: string };

/** Of a query its rows, of an insert the days it touched, of a statement nothing. */
export type EngineAnswer = Uint8Array | TouchedDays | null;
