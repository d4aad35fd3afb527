import { type ZodType, z } from "zod";

/** Token and broker credentials. */
export const LOGIN_PATH = "/comm/client";
/** The most cabinets that one page may hold. */
export const PAGE_SIZE_MAX = 100;

export const TOPIC_MODES = { cabinet: 1, component: 2 } as const;
export type TopicMode = keyof typeof TOPIC_MODES;

/** Paths below the base URL. Serial numbers and ids are escaped here, and nowhere else. */
export const paths = {
  cabinets: (page: number, pageSize: number) => `/api/v1/dev?page=${page}&pageSize=${pageSize}`,
  cabinet: (sn: string) => `/api/v1/dev/${encodeURIComponent(sn)}`,
  topics: (mqttClientId: string, sn: string, mode: TopicMode) =>
    `/api/v1/dev/topic/${encodeURIComponent(mqttClientId)}/${encodeURIComponent(sn)}?mode=${TOPIC_MODES[mode]}`,
  /** Both ends RFC 3339 in UTC. */
  pvPower: (sn: string, begin: string, end: string) =>
    `/api/v1/dev/pv/power-cap/${encodeURIComponent(sn)}?begin=${encodeURIComponent(begin)}&end=${encodeURIComponent(end)}`,
  pvEnergyDaily: (sn: string) => `/api/v1/dev/pv/power-gen/daily/${encodeURIComponent(sn)}`,
  pvEnergyMonthly: (sn: string, month: string) =>
    `/api/v1/dev/pv/power-gen/monthly/${encodeURIComponent(sn)}?month=${month}`,
  pvEnergyYearly: (sn: string, year: string) =>
    `/api/v1/dev/pv/power-gen/yearly/${encodeURIComponent(sn)}?year=${year}`,
} as const;

const Text = z.string().min(1);
/** Ids come as text or as numbers. */
const Id = z.union([Text, z.number().transform(String)]);

/** What the login gives: `id`, `username` and `password` are for the broker, and the token for a header. */
export const Login = z.object({
  id: Id,
  username: z.string(),
  password: z.string(),
  token: z.string().regex(/^[\x20-\x7e]+$/, "a token holds letters, digits and signs"),
});
export type Login = z.infer<typeof Login>;

/** A field that may be missing, `null` or of another type without spoiling the rest. */
const TextOrNull = Id.nullable().catch(null);
/** Text for people, which may be empty. */
const Words = z.string().catch("");
/** A boolean live, a word in the document; null for anything else. */
const State = z
  .union([z.boolean(), z.enum(["online", "offline"]).transform((state) => state === "online")])
  .nullable()
  .catch(null);

/** A component of a cabinet. */
export const PartRow = z.object({
  id: TextOrNull,
  sn: TextOrNull,
  name: Words,
  model: Words,
  type: TextOrNull,
  state: State,
  locationCode: TextOrNull,
  /** Such as `ess.bms`; an open set. */
  component: TextOrNull,
  componentDesc: Words,
});
export type PartRow = z.infer<typeof PartRow>;

/** A cabinet; without its serial number it is none. */
export const CabinetRow = z.object({
  id: TextOrNull,
  sn: Text,
  name: Words,
  model: Words,
  /** An IANA name. */
  timeZone: TextOrNull,
  state: State,
  lastSeen: TextOrNull,
  createdAt: TextOrNull,
  updatedAt: TextOrNull,
});
export type CabinetRow = z.infer<typeof CabinetRow>;

/** A page of cabinets. Its rows are checked one by one. */
export const CabinetPage = z.array(z.unknown());

export const CabinetAnswer = CabinetRow.extend({ parts: z.array(z.unknown()).nullish() });
export type CabinetAnswer = z.infer<typeof CabinetAnswer>;

export const TopicsAnswer = z.array(z.object({ topic: Text }));

/** Rows of time and value, wrapped; checked one by one. `data: null` is no empty series, but an answer that holds nothing. */
export const SeriesAnswer = z.object({ data: z.array(z.unknown()) });

/** W, or kWh over a period; numbers as numbers or as text. */
export const SeriesRow = z.object({
  time: z.string(),
  value: z.union([
    z.number(),
    z
      .string()
      .regex(/^[+-]?\d{1,15}(\.\d{1,15})?$/)
      .transform(Number),
  ]),
});

const Wrapper = z.object({ code: z.union([z.number(), z.string().min(1)]) });
const WELL = 200;
const REFUSED = 400;
const FORBIDDEN = 403;

/** NaN for a code in words; undefined for an answer without one. */
function codeOf(json: unknown): number | undefined {
  const code = Wrapper.safeParse(json).data?.code;
  return code === undefined ? undefined : Number(code);
}

/**
 * The status that a wrapped answer states inside: its `code` where that is not 200. Codes that are no HTTP status of their own meaning
 * are refusals of the call; 403 too, since it is about what is asked for: as a matter of the token it would cost a login each time.
 */
export function statusInside(json: unknown): number | null {
  const code = codeOf(json);
  if (code === undefined || code === WELL) return null;
  return code === 401 || code === 429 || (code >= 500 && code <= 599) ? code : REFUSED;
}

/** The same of an answer that is unwrapped when all is well, where a code in words may be a field of what was asked for. */
export function statusInsideUnwrapped(json: unknown): number | null {
  return Number.isNaN(codeOf(json)) ? null : statusInside(json);
}

/** The same of a login's answer: who may not log in may not do anything. */
export function statusInsideLogin(json: unknown): number | null {
  return codeOf(json) === FORBIDDEN ? FORBIDDEN : statusInsideUnwrapped(json);
}

/** A call of the vendor's business, as the client makes it. */
export interface BusinessCall<T> {
  readonly path: string;
  readonly schema: ZodType<T>;
  /** Default: that of an unwrapped answer. */
  readonly statusInside?: typeof statusInside;
}
