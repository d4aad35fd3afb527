import type { IncomingMessage } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply } from "fastify";

/** How long, and for how many bytes, a refused sender is heard out, so that it gets to read the answer before the connection goes. */
export const LINGER_MS = 2_000;
export const LINGER_BYTES = 1_048_576;

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers, whether or not the request's body has been read. What is left of a body that has not come yet is not waited for: the
 * connection ends after a moment, in which the sender can read why.
 */
export async function answerNow(reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  const request = reply.request.raw;
  // A small body is refused while its own packet is still being taken apart: let that end.
  if (isUnderWay(request)) await nextTurn();
  if (!isUnderWay(request)) {
    request.resume();
    return reply
      .code(answer.status)
      .type(answer.type)
      .headers({ ...answer.headers })
      .serializer(String)
      .send(answer.body);
  }
  reply.hijack();
  const response = reply.raw;
  response.on("error", () => {});
  response.writeHead(answer.status, {
    ...answer.headers,
    "content-type": answer.type,
    "content-length": Buffer.byteLength(answer.body),
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.write(answer.body);
  linger(request, () => response.end());
  return reply;
}

/** Whether bytes of the body may still come. */
function isUnderWay(request: IncomingMessage): boolean {
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  return hasBody && !request.complete && !request.readableEnded && !request.destroyed;
}

function linger(request: IncomingMessage, end: () => void): void {
  let bytes = 0;
  const finish = (): void => {
    clearTimeout(timer);
    request.off("data", onData).off("end", finish).off("close", finish);
    request.pause();
    end();
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) finish();
  };
  const timer = setTimeout(finish, LINGER_MS);
  timer.unref();
  request.on("data", onData).once("end", finish).once("close", finish).resume();
}
