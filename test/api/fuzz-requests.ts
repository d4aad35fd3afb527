import fc from "fast-check";
import { hostileText, hostileValue, ODD_METHODS, oddHeader, rawInPath, TEXT_FAULTS } from "./fuzz-hostile.ts";

/*
 * Requests made from the OpenAPI document alone: what its schemas allow, and that with something wrong in it. A request names objects by
 * marks such as `~site.4~`, which whoever sends it replaces by ids of the moment; so the same seed gives the same requests.
 */

import {
  ACTORS,
  type ApiDocument,
  type FuzzRequest,
  OBJECT_KINDS,
  type ObjectKind,
  type Operation,
  operationsOf,
  type Schema,
} from "./fuzz-operations.ts";

const mark = (kind: ObjectKind): fc.Arbitrary<string> => fc.nat(9).map((which) => `~${kind}.${which}~`);
const anyMark: fc.Arbitrary<string> = fc.constantFrom(...OBJECT_KINDS).chain(mark);

/** What a mark stands for. */
export const MARKS = new RegExp(`~(${OBJECT_KINDS.join("|")})\\.(\\d)~`, "g");

/** Good values of fields of which the schema says less than the server knows. */
const BY_NAME: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  timezone: fc.constantFrom("UTC", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe"),
  step: fc.constantFrom("auto", "raw", "PT1H", "PT15M", "P1D", "P1M", "P1Y", "PT1S"),
  precision: fc.constantFrom("ns", "us", "ms", "s"),
  password: fc.constant("correct horse battery"),
  metricIds: fc.array(mark("metric"), { minLength: 1, maxLength: 4 }),
  siteIds: fc.array(mark("site"), { minLength: 1, maxLength: 3 }),
  cursor: mark("cursor"),
  actorId: mark("user"),
  objectId: anyMark,
  from: fc.constantFrom("2025-06-21T00:00:00Z", "2026-06-20T00:00:00Z", "2025-10-09"),
  to: fc.constantFrom("2026-06-21T10:00:00Z", "2026-06-22T00:00:00+02:00", "2026-01-01"),
  expiresAt: fc.constantFrom("2026-12-31T00:00:00Z", "2028-02-29T12:00:00+05:45", "2020-01-01T00:00:00Z"),
  email: fc.nat(30).map((which) => `person${which}@example.org`),
  device: fc.constantFrom("{host}", "Logger {host}", "{", "plain"),
  site: fc.constantFrom("{plant}", "Plant", "}"),
  metric: fc.constantFrom("{measurement}.{field}", "{field}"),
  // Not a vendor's: what a poll then meets is for other tests.
  vendor: fc.constantFrom("energygrid", "none"),
  baseUrl: fc.constantFrom("http://127.0.0.1:1", "http://[::1]:1", "https://vendor.invalid"),
  name: fc.constantFrom("active_power", "voltage", "Voltage", "Current", "A name", "Ämter 🌞"),
};

const time = fc
  .date({ min: new Date(Date.UTC(2025, 0)), max: new Date(Date.UTC(2027, 0)), noInvalidDate: true })
  .map((date) => date.toISOString());

type Schemas = Readonly<Record<string, Schema>>;

/** Values that a schema allows, as far as it says. @param name what they are called, @param idKind what an `id` is of */
function valid(schema: Schema, name: string, schemas: Schemas): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return valid(schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}, name, schemas);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valid(one, name, schemas)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === "null") return fc.constant(null);
  const known = BY_NAME[name];
  if (known)
    return schema.type === "string" ? known.map((value) => (Array.isArray(value) ? value.join() : value)) : known;
  switch (String(schema.type)) {
    case "string":
      return text(schema, name);
    case "integer":
      return fc.integer({ min: Math.max(schema.minimum ?? -5, -1e9), max: Math.min(schema.maximum ?? 1e6, 1e9) });
    case "number":
      return fc.double({ min: schema.minimum ?? 0.5, max: schema.maximum ?? 1e9, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(valid(schema.items ?? {}, name, schemas), { minLength: schema.minItems ?? 0, maxLength: 5 });
    case "object":
      return object(schema, schemas);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function object({ properties = {}, required = [] }: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, valid(schema, name, schemas)]),
  );
  return fc.record(fields, { requiredKeys: [...required] });
}

function text({ format, minLength = 0, maxLength = 50 }: Schema, name: string): fc.Arbitrary<string> {
  if (format === "uuid") {
    const kind = OBJECT_KINDS.find((one) => `${one}Id` === name);
    return kind ? fc.oneof({ weight: 9, arbitrary: mark(kind) }, { weight: 1, arbitrary: anyMark }) : anyMark;
  }
  if (format === "date-time") return time;
  if (format === "email") return fc.nat(30).map((which) => `person${which}@example.net`);
  if (format === "uri") return fc.constant("http://127.0.0.1:1");
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) });
}

/** Puts something else, nothing or something more in one place of a value. */
function damaged(value: unknown, at: number, how: "replace" | "remove" | "add" | "double", hostile: unknown): unknown {
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const root = { value: structuredClone(value) };
  const look = (holder: Record<string, unknown>, key: string, depth: number): void => {
    places.push({ holder, key });
    const child = holder[key];
    if (depth > 5 || typeof child !== "object" || child === null) return;
    for (const inner of Object.keys(child)) look(child as Record<string, unknown>, inner, depth + 1);
  };
  look(root, "value", 0);
  const place = places[at % places.length];
  if (!place) return hostile;
  const { holder, key } = place;
  if (how === "remove") delete holder[key];
  else if (how === "replace") holder[key] = hostile;
  else if (how === "double") holder[key] = [holder[key], holder[key]];
  else holder[["__proto__x", "constructor", "unknown", "id", "isAdmin", ""][at % 6] ?? ""] = hostile;
  return root.value;
}

const plainLine = fc.nat(1_000).map((at) => `${1_760_000_000 + at} Voltage ${at / 10}`);
const influxLine = fc.nat(1_000).map((at) => `meter,host=a power=${at}`);
const linesOf = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(line, { maxLength: 6 }).map((all) => all.join("\n"));
const lines = fc.oneof(linesOf(plainLine), linesOf(influxLine), linesOf(fc.oneof(plainLine, influxLine, hostileText)));

function bodyOf({ bodySchema, bodyTypes }: Operation, schemas: Schemas): fc.Arbitrary<string | null> {
  if (!bodySchema)
    return fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constant("{}") });
  if (bodyTypes[0] === "text/plain") return lines;
  const good = valid(bodySchema, "", schemas);
  const how = fc.constantFrom("replace", "replace", "remove", "add", "double");
  const bad = fc.tuple(good, fc.nat(60), how, hostileValue).map((parts) => damaged(...parts));
  const asText = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value));
  return fc.oneof(
    { weight: 5, arbitrary: good.map(asText) },
    { weight: 5, arbitrary: bad.map(asText) },
    {
      weight: 1,
      arbitrary: fc.tuple(good, fc.constantFrom(...TEXT_FAULTS)).map(([value, fault]) => fault(asText(value))),
    },
    { weight: 1, arbitrary: hostileValue.map(asText) },
  );
}

const KIND_OF_FOLDER: Readonly<Record<string, ObjectKind>> = {
  sites: "site",
  connections: "connection",
  "backfill-jobs": "backfill-job",
  devices: "device",
  metrics: "metric",
  users: "user",
  members: "user",
  "api-keys": "api-key",
  subscriptions: "subscription",
};

/** Lone halves of surrogate pairs cannot be percent-encoded. */
const encoded = (value: string): string => encodeURIComponent(value.toWellFormed());

/** Longest text put into a path or query here: the request's head has room for 64 KiB. */
const URL_TEXT_CHARS_MAX = 3_000;
const urlText = hostileText.map((value) => encoded(value.slice(0, URL_TEXT_CHARS_MAX)));
function pathOf({ path }: Operation): fc.Arbitrary<string> {
  const parts = path.split("/").map((part, index, all) => {
    if (!part.startsWith("{")) return fc.constant(part);
    return fc.oneof(
      { weight: 12, arbitrary: mark(KIND_OF_FOLDER[all[index - 1] ?? ""] ?? "site") },
      { weight: 1, arbitrary: anyMark },
      // Without any text in its place, the path is that of a list.
      { weight: 1, arbitrary: urlText.filter((value) => value !== "") },
      { weight: 1, arbitrary: rawInPath },
    );
  });
  const whole = fc.tuple(...parts).map((all) => all.join("/"));
  return fc.oneof(
    { weight: 40, arbitrary: whole },
    { weight: 1, arbitrary: fc.tuple(whole, rawInPath).map(([good, raw]) => `${good}/${raw}`) },
  );
}

function queryOf({ parameters }: Operation, schemas: Schemas): fc.Arbitrary<string> {
  const fields = parameters
    .filter((parameter) => parameter.in === "query")
    .map(({ name, schema, required }) => {
      const good = valid(schema, name, schemas).map((value) => [`${name}=${encoded(String(value))}`]);
      return fc.oneof(
        { weight: required ? 16 : 4, arbitrary: good },
        { weight: required ? 1 : 8, arbitrary: fc.constant<string[]>([]) },
        { weight: 1, arbitrary: urlText.map((value) => [`${name}=${value}`]) },
        { weight: 1, arbitrary: fc.tuple(good, good).map(([a, b]) => [...a, ...b]) },
      );
    });
  const extra = fc.oneof(
    { weight: 12, arbitrary: fc.constant<string[]>([]) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          "__proto__=1",
          "a[b]=c",
          "=",
          "&&",
          "constructor=1",
          "%",
          "x=%zz",
          "unknown=1",
          "limit=-1",
          "cursor=~cursor.3~",
        )
        .map((one) => [one]),
    },
  );
  return fc.tuple(extra, ...fields).map((all) => all.flat().join("&"));
}

function requestOf(operation: Operation, schemas: Schemas): fc.Arbitrary<FuzzRequest> {
  const headers = fc.oneof(
    { weight: 3, arbitrary: fc.constant<(readonly [string, string])[]>([]) },
    { weight: 2, arbitrary: fc.array(oddHeader, { maxLength: 3 }) },
  );
  const isStream = operation.path.endsWith("/stream");
  const method = isStream
    ? fc.constant("HEAD")
    : fc.oneof(
        { weight: 25, arbitrary: fc.constant(operation.method) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD_METHODS) },
      );
  return fc
    .record({
      // Most is allowed to administrators, so that most gets as far as it can with them.
      actor: fc.oneof(
        { weight: 6, arbitrary: fc.constant("admin") },
        { weight: 7, arbitrary: fc.constantFrom(...ACTORS) },
      ),
      method,
      path: pathOf(operation),
      query: queryOf(operation, schemas),
      headers,
      body: isStream ? fc.constant(null) : bodyOf(operation, schemas),
    })
    .map(({ path, query, headers: odd, body, ...rest }) => ({
      ...rest,
      operation,
      path: query === "" ? path : `${path}?${query}`,
      body,
      headers: {
        ...(body !== null && { "content-type": operation.bodyTypes[0] ?? "application/json" }),
        ...Object.fromEntries(odd),
      },
    }));
}

/** Requests of every operation in turn, the same for the same seed. Made in parts, for many of them are large. */
export function* fuzzRequests(document: ApiDocument, seed: number, count: number): Generator<FuzzRequest, void> {
  const arbitraries = operationsOf(document).map((operation) => requestOf(operation, document.components.schemas));
  const oneOfEach = fc.tuple(...arbitraries);
  for (let round = 0, made = 0; made < count; round++) {
    const [requests = []] = fc.sample(oneOfEach, { seed: seed * 1_000_003 + round, numRuns: 1 });
    for (const request of requests.slice(0, count - made)) yield request;
    made += requests.length;
  }
}
