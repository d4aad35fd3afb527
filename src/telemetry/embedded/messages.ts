import type { VersionedReadings } from "../engine.ts";

/** What the server asks of its engine process. Typed arrays travel as they are (`serialization: "advanced"`). */
export type EngineRequest =
  | { readonly kind: "insert"; readonly id: number; readonly rows: VersionedReadings }
  /** `sql` is Kilowatch's own text with numbers in it; the answer is RowBinary. */
  | { readonly kind: "query"; readonly id: number; readonly sql: string }
  | { readonly kind: "close" };

/** What the engine process says. */
export type EngineMessage =
  | { readonly kind: "ready" }
  /** It cannot open its directory and ends. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "answer"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "refusal"; readonly id: number; readonly message: string };
