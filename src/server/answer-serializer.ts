import type { FastifyReply, FastifySerializerCompiler } from "fastify";
import { ResponseSerializationError } from "fastify-type-provider-zod";
import type { z } from "zod";

type Serializer = ((answer: unknown) => string) & { readonly checked?: (answer: unknown) => unknown };

/**
 * Writes an answer as JSON after its route's schema has checked it and taken away what is not in it. The library's own writes what the
 * schema would have read, which goes over every value twice; answers are made as the schema takes them.
 */
export const answerSerializer: FastifySerializerCompiler<z.ZodType> = ({ schema, method, url }) => {
  const checked = (answer: unknown): unknown => {
    const { data, error } = schema.safeParse(answer);
    if (error) throw new ResponseSerializationError(method, url, { cause: error });
    return data;
  };
  return Object.assign((answer: unknown) => JSON.stringify(checked(answer)), { checked });
};

/** The check of what a reply's route answers with its status; undefined where answers of that status have none of their own, as problems. */
export function checkOf(reply: FastifyReply): Serializer["checked"] {
  const serializer = reply.getSerializationFunction(String(reply.statusCode)) as Serializer | undefined;
  return serializer?.checked;
}
