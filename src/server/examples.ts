/** Ids that the examples of the document name. Whoever carries an example out puts those of their own objects in their place. */
export const EXAMPLE_IDS = {
  site: "01977f5a-0000-7000-8000-000000000001",
  device: "01977f5a-0000-7000-8000-000000000002",
  metric: "01977f5a-0000-7000-8000-000000000003",
  user: "01977f5a-0000-7000-8000-000000000004",
  subscription: "01977f5a-0000-7000-8000-000000000005",
  connection: "01977f5a-0000-7000-8000-000000000006",
} as const;

/** The hour that the examples ask about, and a reading within it. */
export const EXAMPLE_TIMES = {
  from: "2026-06-21T09:00:00.000Z",
  reading: "2026-06-21T09:45:00.000Z",
  to: "2026-06-21T10:00:00.000Z",
} as const;

/** One call of a route that works as it stands. */
export interface CallExample {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/** The part of a route's description that examples are written into: JSON Schema, as it goes into the document. */
interface DescribedInput {
  readonly params?: unknown;
  readonly querystring?: unknown;
  readonly consumes?: readonly string[];
  body?: unknown;
}

/** Writes a call's values beside what they are examples of; a body's stands at the first of its media types. */
export function describeExample(described: DescribedInput, { params, query, body: example }: CallExample): void {
  exemplifyFields(described.params, params);
  exemplifyFields(described.querystring, query);
  if (example === undefined) return;
  const { body, consumes = ["application/json"] } = described;
  const schema = body as object;
  // What stands beside a `$ref` would get lost.
  const exemplified = { ...("$ref" in schema ? { allOf: [schema] } : schema), examples: [example] };
  const media = consumes.map((type, index) => [type, { schema: index === 0 ? exemplified : schema }] as const);
  described.body = { content: Object.fromEntries(media) };
}

function exemplifyFields(schema: unknown, values: unknown): void {
  if (typeof values !== "object" || values === null) return;
  const { properties = {} } = schema as { readonly properties?: Record<string, object> };
  for (const [name, value] of Object.entries(values)) properties[name] = { ...properties[name], examples: [value] };
}
