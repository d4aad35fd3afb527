import { z } from "zod";
import type { ApiDocument, FuzzRequest, Schema } from "./fuzz-operations.ts";

export interface FuzzAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly tookMs: number;
}

/** Longest that an answer may take. */
export const ANSWER_MS_MAX = 5_000;
/** A stack's line, a source file, a folder of the machine, or the words of what lies beneath. */
const INNARDS =
  /\n\s+at |node_modules|\.ts:\d|\/src\/|\/tmp\/|\/home\/|SQLITE|sqlite|kysely|ZodError|TypeError|RangeError/;
/** Routes whose refusals have the form that their clients know. */
const OTHER_FORMS = /^\/(data|write|api\/v2\/write)$/;

/** Tells what is wrong with an answer, by the document. */
export class AnswerCheck {
  readonly #schemas: ApiDocument["components"]["schemas"];
  readonly #compiled = new Map<Schema, z.ZodType>();

  constructor(document: ApiDocument) {
    this.#schemas = document.components.schemas;
  }

  faultOf(request: FuzzRequest, answer: FuzzAnswer): string | null {
    const { status, tookMs, text } = answer;
    if (tookMs > ANSWER_MS_MAX) return `took ${Math.round(tookMs)} ms`;
    if (status >= 500) return `answered ${status}: ${text.slice(0, 300)}`;
    // What comes back of the request's own text is not the server's.
    if (status >= 400 && INNARDS.test(text) && !INNARDS.test(`${request.path} ${request.body}`)) {
      return `shows its innards: ${text.slice(0, 500)}`;
    }
    const isAsDocumented = request.method === request.operation.method;
    if (status >= 400) return this.#faultOfRefusal(request, answer);
    return isAsDocumented ? this.#faultOfSuccess(request, answer) : null;
  }

  #faultOfRefusal({ method, operation }: FuzzRequest, { status, type, text }: FuzzAnswer): string | null {
    if (method === "HEAD") return null;
    if (OTHER_FORMS.test(operation.path) && type.startsWith("application/json")) {
      const form = z.union([
        z.strictObject({ success: z.literal(false), message: z.string() }),
        z.strictObject({ code: z.string(), message: z.string(), line: z.int().optional() }),
        z.strictObject({ error: z.string() }),
      ]);
      return form.safeParse(jsonOf(text)).success ? null : `${status} in an unknown form: ${text.slice(0, 300)}`;
    }
    if (!type.startsWith("application/problem+json")) return `${status} as ${type}: ${text.slice(0, 300)}`;
    const problem = jsonOf(text);
    const fault = this.#mismatch({ $ref: "#/components/schemas/Problem" }, problem);
    if (fault !== null) return `${status} is no problem document: ${fault}`;
    const said = (problem as { status: number }).status;
    return said === status ? null : `${status} says that it is ${said}`;
  }

  #faultOfSuccess({ operation }: FuzzRequest, { status, type, text }: FuzzAnswer): string | null {
    const answers = operation.answers.get(String(status));
    if (!answers) return `${status} is not in the document`;
    if (status === 204) return text === "" ? null : "204 with a body";
    const [media] = type.split(";", 1);
    const schema = answers.get(media ?? "");
    if (!schema) return `${type} is not in the document for ${status}`;
    if (media !== "application/json") return null;
    const fault = this.#mismatch(schema, jsonOf(text));
    return fault === null ? null : `${status} is not as documented: ${fault}: ${text.slice(0, 300)}`;
  }

  #mismatch(schema: Schema, value: unknown): string | null {
    const read = this.#compiledOf(schema).safeParse(value);
    return read.success ? null : z.prettifyError(read.error);
  }

  #compiledOf(schema: Schema): z.ZodType {
    const known = this.#compiled.get(schema);
    if (known) return known;
    const whole = JSON.stringify({ ...schema, $defs: this.#schemas }).replaceAll("#/components/schemas/", "#/$defs/");
    const compiled = z.fromJSONSchema(JSON.parse(whole) as Parameters<typeof z.fromJSONSchema>[0]);
    this.#compiled.set(schema, compiled);
    return compiled;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
