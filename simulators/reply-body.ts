import type { ServerResponse } from "node:http";

/** Text, text that is made only when it is needed, or pieces of a text too large to be held. */
export type Body = string | (() => string) | Iterable<string>;
/** A body that has been made. */
export type MadeBody = string | Iterable<string>;

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** How much of a truncated text, or of its last piece, is still sent. */
const TRUNCATED_PART = 0.7;

/** Sends the whole body; a truncated one ends early but looks whole to HTTP. */
export async function send(response: ServerResponse, head: Head, body: MadeBody, truncated: boolean): Promise<void> {
  if (typeof body !== "string") return stream(response, head, truncated ? withoutItsEnd(body) : body);
  const text = truncated ? body.slice(0, body.length * TRUNCATED_PART) : body;
  response.writeHead(head.status, { ...head.headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Sends the first half of a text, or of the first piece, and ends the connection. */
export function cutShort(response: ServerResponse, { status, headers }: Head, body: MadeBody): void {
  const whole = typeof body === "string";
  const [first = ""] = whole ? [body] : body;
  response.writeHead(status, whole ? { ...headers, "content-length": Buffer.byteLength(first) } : headers);
  response.write(first.slice(0, first.length / 2), () => response.socket?.destroy());
}

/** Writes piece by piece; waits while the client does not read, and stops when it is gone. */
async function stream(response: ServerResponse, { status, headers }: Head, pieces: Iterable<string>): Promise<void> {
  response.writeHead(status, headers);
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await roomOrEnd(response);
  }
  response.end();
}

function roomOrEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.once("drain", done).once("close", done);
    // Its close may have been told already.
    if (response.destroyed) done();
  });
}

/** All pieces, the last one shortened: the text is never whole. */
function* withoutItsEnd(pieces: Iterable<string>): Generator<string> {
  let held = "";
  for (const piece of pieces) {
    if (piece === "") continue;
    if (held !== "") yield held;
    held = piece;
  }
  yield held.slice(0, held.length * TRUNCATED_PART);
}
