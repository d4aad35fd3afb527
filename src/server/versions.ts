import type { FastifyReply, FastifyRequest } from "fastify";

const ETAG = /^(?:W\/)?"v(\d{1,15})"$/;
/** No object has it: a header that names no version of ours fits nothing. */
const NO_VERSION = 0;

/** Tells the asker which version of the object this is (RFC 9110, 8.8.3). */
export function showVersion(reply: FastifyReply, version: number): void {
  reply.header("etag", `"v${version}"`);
}

/** The version that a change says it was made from (`If-Match`, RFC 9110, 13.1.1); null for whatever is there. */
export function fromVersion(request: FastifyRequest): number | null {
  const header = request.headers["if-match"];
  if (header === undefined || header.trim() === "*") return null;
  const [, version] = ETAG.exec(header.trim()) ?? [];
  return version === undefined ? NO_VERSION : Number(version);
}
