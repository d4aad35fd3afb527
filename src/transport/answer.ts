import { UnreadableAnswer, VendorProtocolError } from "./errors.ts";
import type { RawAnswer } from "./exchange.ts";
import { type FailureContext, factsOf } from "./failure.ts";
import type { CallRequest } from "./request.ts";

/** What a 2xx answer holds: its value, or the status that the vendor states inside. */
export type AnswerContent<T> = { readonly value: T } | { readonly statusInside: number };

/** Reads a 2xx answer. @throws UnreadableAnswer when it is not what the contract says */
export function contentOf<T>(request: CallRequest<T>, answer: RawAnswer): AnswerContent<T> {
  if ("decoder" in request) {
    // It was decoded as it came.
    if (answer.decoded instanceof UnreadableAnswer) throw answer.decoded;
    return { value: answer.decoded as T };
  }
  const json = jsonOf(answer.body);
  const statusInside = request.statusInside?.(json) ?? null;
  if (statusInside !== null) return { statusInside };
  const read = request.schema.safeParse(json);
  if (read.success) return { value: read.data };
  const issue = read.error.issues[0];
  throw new UnreadableAnswer([issue?.path.join("."), issue?.message].filter(Boolean).join(": "));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableAnswer("it is not JSON");
  }
}

export function unreadable(
  { message }: UnreadableAnswer,
  answer: RawAnswer | null,
  context: FailureContext,
): VendorProtocolError {
  const words = `${context.vendor}'s answer is not what its contract says: ${context.redact(message)}.`;
  return new VendorProtocolError(words, factsOf(answer, context));
}
