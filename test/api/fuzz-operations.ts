/* What an OpenAPI document says can be asked, and who asks in the fuzz. */

export const ACTORS = ["nobody", "viewer", "technician", "admin", "read key", "ingest key", "manage key"] as const;
export type ActorName = (typeof ACTORS)[number];

export const OBJECT_KINDS = [
  "site",
  "device",
  "metric",
  "user",
  "api-key",
  "subscription",
  "connection",
  "backfill-job",
  "cursor",
] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface FuzzRequest {
  readonly actor: ActorName;
  /** Of the document; what is sent may be another. */
  readonly operation: Operation;
  readonly method: string;
  /** With marks, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** With marks. */
  readonly body: string | null;
}

export interface Operation {
  readonly method: string;
  /** As in the document: `/api/v1/sites/{id}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly bodyTypes: readonly string[];
  readonly bodySchema: Schema | null;
  /** By status or class of statuses (`4XX`), then by media type; null where nothing is said to come. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, Schema>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

/** What of JSON Schema the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface DescribedOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

export function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
      const bodies = Object.entries(requestBody?.content ?? {});
      const answers = Object.entries(responses).map(
        ([status, { content = {} }]) =>
          [status, new Map(Object.entries(content).map(([type, { schema }]) => [type, schema]))] as const,
      );
      return {
        method: method.toUpperCase(),
        path,
        parameters,
        bodyTypes: bodies.map(([type]) => type),
        bodySchema: bodies[0]?.[1].schema ?? null,
        answers: new Map(answers),
      };
    }),
  );
}
