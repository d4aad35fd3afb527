import type { IncomingMessage } from "node:http";

export const REQUEST_BODY_BYTES_MAX = 65_536;

/** The whole body as text; null when it is larger than `REQUEST_BODY_BYTES_MAX`. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A body that is too large is answered, so its connection must outlive this loop.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > REQUEST_BODY_BYTES_MAX) break;
    chunks.push(chunk);
  }
  if (bytes > REQUEST_BODY_BYTES_MAX) {
    // The rest would stand before the connection's next request.
    request.resume();
    return null;
  }
  return Buffer.concat(chunks).toString("utf8");
}
