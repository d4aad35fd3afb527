import type { FastifyInstance, FastifyRequest } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import type { KeyTable } from "../../domain/key-table.ts";
import type { Decoder, DecoderOptions } from "../../ingest/codecs/decoder.ts";
import type { PushProtocol } from "../../ingest/sources/meaning.ts";
import type { PushSource } from "../../ingest/sources/push-source.ts";
import type { RouteParts } from "../parts.ts";
import { readBody } from "./read-body.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether `push` reads the body, and watches how fast it comes. */
    streamsBody?: boolean;
  }
  interface FastifyRequest {
    /** What the sender calls its body, lower case and without parameters; set where `streamBodies` is. */
    bodyType: string;
  }
}

const BYTES = "application/octet-stream";

/** Leaves the bodies of this scope's routes unread, for `push` to take off the wire, whatever type they say they are. */
export function streamBodies(app: FastifyInstance): void {
  app.decorateRequest("bodyType", "");
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, streamsBody: true };
  });
  app.addHook("onRequest", async (request) => {
    const { headers } = request.raw;
    request.bodyType = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
    // A type that is none would be refused before the route is reached.
    headers["content-type"] = BYTES;
  });
  // The body's shape is for the document alone.
  app.setValidatorCompiler((part) =>
    part.httpPart === "body" ? () => true : validatorCompiler(part as Parameters<typeof validatorCompiler>[0]),
  );
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(BYTES, (_request, _body, done) => done(null));
}

/** Where the readings that this request brings, or asks for, belong. */
export function sourceOf(request: FastifyRequest, { sources }: RouteParts): PushSource {
  return request.actor.kind === "key" ? sources.of(request.actor.key) : sources.open;
}

/**
 * Takes a request's body off the wire and stores its readings, all or nothing. Resolves once they are on stable storage, with how many.
 * @throws what `readBody` and `Intake.accept` throw
 */
export async function push(
  request: FastifyRequest,
  parts: RouteParts,
  protocol: PushProtocol,
  decoderFor: (table: KeyTable, options: DecoderOptions) => Decoder,
): Promise<number> {
  const { headers } = request.raw;
  try {
    const pass = parts.bodies.enter(headers["content-length"]);
    try {
      const intake = sourceOf(request, parts).begin(protocol);
      const decoder = decoderFor(intake.table, { bytesExpected: Number(headers["content-length"] ?? 0) });
      const keyed = await readBody(request.raw, headers["content-encoding"], decoder, pass);
      await intake.accept(keyed, pass.unpackedBytes);
      return keyed.length;
    } finally {
      pass.leave();
    }
  } catch (error) {
    parts.sources.counts.refused(protocol.id);
    throw error;
  }
}
