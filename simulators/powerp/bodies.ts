import { z } from "zod";
import { type Instant, parseDurationMs, parseInstant, reaches } from "./instants.ts";
import { DIMENSIONS } from "./plant.ts";
import { Refusal } from "./refusal.ts";
import { AGGREGATIONS } from "./windows.ts";

/** The vendor takes a database's number as JSON number or as digits. */
const DatabaseId = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);

const DurationMs = z.string().transform((text, context) => {
  const durationMs = parseDurationMs(text);
  if (durationMs !== null) return durationMs;
  context.addIssue({ code: "custom", message: "must be a duration such as 200ms, 1s, 5m, 1h or 1d" });
  return z.NEVER;
});

const Time = z.string().transform((text, context) => {
  const instant = parseInstant(text);
  if (instant !== null) return instant;
  context.addIssue({ code: "custom", message: "must be an RFC 3339 time with at most 9 decimals" });
  return z.NEVER;
});

const Words = z.union([z.string(), z.array(z.string()).min(1)]).transform((words) => [words].flat());
const Selector = z.strictObject(Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, Words.optional()])));
const Indexes = z.array(z.string().regex(/^\d{1,9}$/)).min(1);
const Agg = z.enum(AGGREGATIONS);

export const TokenBody = z.strictObject({ clientId: z.string(), clientSecret: z.string() });
export const QueryBody = z.strictObject({
  databaseId: DatabaseId,
  measurementIndexes: Indexes,
  startTime: Time,
  endTime: Time,
  aggFunction: Agg.optional(),
  windowPeriod: DurationMs.optional(),
});
export const LatestBody = z.strictObject({
  databaseId: DatabaseId,
  measurementIndexes: Indexes,
  lookback: DurationMs.optional(),
});
export const SelectBody = z.strictObject({
  databaseId: DatabaseId,
  selector: Selector.optional(),
  streamKeys: z.array(z.string()).min(1).optional(),
  startTime: Time,
  endTime: Time,
  resampleEvery: DurationMs.optional(),
  maxDataPoints: z.int().min(1).optional(),
  minInterval: DurationMs.optional(),
  aggFunction: Agg.optional(),
  decode: z.boolean().optional(),
  explain: z.boolean().optional(),
});
export const SelectLatestBody = z.strictObject({
  databaseId: DatabaseId,
  selector: Selector,
  decode: z.boolean().optional(),
});

/** Reads JSON of one of the forms above. @throws Refusal that names the field at fault and never holds what was sent there. */
export function readJson<T>(form: z.ZodType<T>, text: string): T {
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    throw new Refusal(400, "invalid_json", "body", "The body is not JSON.");
  }
  const nullAt = pathOfNull(sent, "");
  if (nullAt !== null) {
    throw new Refusal(400, "null_option", "body", `${nullAt || "The body"} is null: leave out what is not set.`);
  }
  const read = form.safeParse(sent);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join(".") || "The body";
  if (issue?.code === "unrecognized_keys") {
    throw new Refusal(400, "unknown_field", "body", `${field} holds a field that this call does not have.`);
  }
  throw new Refusal(400, "invalid_request", "body", `${field}: ${issue?.message ?? "cannot be read"}.`);
}

/** @throws Refusal when the end is not after the start. */
export function checkOrder(startTime: Instant, endTime: Instant): void {
  if (reaches(endTime, startTime, 0)) {
    throw new Refusal(400, "empty_range", "window", "endTime must be after startTime.");
  }
}

/** Where in a JSON value the first null stands, as `a.b.0`; null when there is none. */
function pathOfNull(value: unknown, path: string): string | null {
  if (value === null) return path;
  if (typeof value !== "object") return null;
  for (const [name, inner] of Object.entries(value as Record<string, unknown>)) {
    const found = pathOfNull(inner, path === "" ? name : `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}
