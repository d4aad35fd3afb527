import { z } from "zod";
import { FAILURE_REASONS } from "../collect/diagnosis.ts";
import { LISTED_STATES } from "../collect/discovery.ts";
import { DEVICE_KINDS } from "../domain/device.ts";
import { METRIC_KINDS } from "../domain/metric.ts";
import { Connection, Id, Time } from "./schemas.ts";

/** The API's objects about vendors' accounts, as OpenAPI names them. */

export const ConnectionRemoved = z
  .object({ devicesKept: z.int(), devicesDeleted: z.int() })
  .meta({ description: "What became of the connection's devices" });

export const Vendor = z
  .object({
    id: z.string(),
    title: z.string(),
    baseUrl: z
      .string()
      .nullable()
      .meta({ description: "Where its customers' accounts are; null where each has an address of its own" }),
    credential: z
      .array(
        z.object({
          name: z.string(),
          choices: z.array(z.string()).nullable().meta({ description: "Null for any text: treat it as a secret" }),
          default: z
            .string()
            .nullable()
            .meta({ description: "What holds when it is left out; null when it must be given" }),
        }),
      )
      .meta({ description: "What `credential` of a connection holds" }),
    listsDevices: z.boolean().meta({ description: "Whether discovery works, or devices go by their serial numbers" }),
    history: z
      .object({ keepsMs: z.number().nullable().meta({ description: "Null where the vendor does not say" }) })
      .nullable()
      .meta({ description: "The past that can be imported; null where there is none" }),
    limits: z
      .array(z.object({ requests: z.int(), perMs: z.number() }))
      .meta({ description: "The requests that it allows an account; all of them hold at once" }),
  })
  .meta({ id: "Vendor" });

export const ConnectionTest = z
  .object({
    ok: z.boolean(),
    reason: z.enum(FAILURE_REASONS).nullable().meta({ description: "Why it failed; null when it is ok" }),
    message: z.string(),
    requests: z.int().meta({ description: "What the test sent" }),
    clockAheadMs: z.number().nullable().meta({
      description: "How far the vendor's clock is ahead of this machine's; null unless a refusal has shown it",
    }),
    serialNumber: z
      .string()
      .nullable()
      .meta({ description: "The device that was asked for; null when the account alone was tested" }),
    sample: z
      .array(
        z.object({
          name: z.string(),
          unit: z.string(),
          kind: z.enum(METRIC_KINDS),
          value: z.number(),
          time: Time,
        }),
      )
      .meta({ description: "What the device that was asked for says now, by metric; it is shown and not stored" }),
  })
  .meta({ id: "ConnectionTest" });

export const CredentialReplaced = z
  .object({
    connection: Connection,
    test: ConnectionTest.nullable().meta({ description: "Null when it was stored untested" }),
  })
  .meta({ id: "CredentialReplaced" });

const listCounts = Object.fromEntries(LISTED_STATES.map((state) => [state, z.int()])) as Record<
  (typeof LISTED_STATES)[number],
  z.ZodInt
>;

export const ListedDevice = z
  .object({
    serialNumber: z.string(),
    name: z.string(),
    formerName: z
      .string()
      .nullable()
      .meta({ description: "What it was called in the list before, where that differs" }),
    state: z.enum(LISTED_STATES),
    kind: z.enum(DEVICE_KINDS),
    model: z.string().nullable(),
    site: z.string().nullable().meta({ description: "The vendor's name for where it is" }),
    timezone: z.string().nullable(),
    metrics: z
      .array(z.object({ name: z.string(), unit: z.string(), kind: z.enum(METRIC_KINDS) }))
      .meta({ description: "What polling it brings; one without any cannot be picked" }),
    deviceId: Id.nullable().meta({ description: "The device that stands for it; null for one that is not collected" }),
    firstSeen: Time,
    lastSeen: Time,
    goneAt: Time.nullable(),
  })
  .meta({ id: "ListedDevice" });

export const DiscoverySummary = z
  .object({
    at: Time.nullable().meta({ description: "When the vendor's list was read last; null before the first time" }),
    devices: z.object(listCounts).meta({ description: "How many are in each state, beside the list before" }),
  })
  .meta({ id: "DiscoverySummary" });

export const Discovery = DiscoverySummary.extend({
  items: z.array(ListedDevice),
  nextCursor: z.string().nullable(),
}).meta({ id: "Discovery" });

export const DevicesPicked = z
  .object({ added: z.int(), alreadyThere: z.int() })
  .meta({ description: "How many devices were made, and how many the connection had already" });

const PlannedSchedule = z
  .object({
    pollIntervalMs: z.int(),
    requestsPerSweep: z.int(),
    sweepMs: z.number().meta({ description: "From a sweep's first request to its last, as fast as the vendor allows" }),
    everyMs: z.number().meta({ description: "From one request for a device to the next" }),
    isAtLimit: z.boolean().meta({ description: "Whether the vendor's limits, and not the interval, decide that" }),
    freshnessMs: z.number().meta({ description: "How old a value of any device grows before the next comes" }),
    requestsPerDay: z.number(),
    budgets: z.array(
      z.object({
        requests: z.int(),
        perMs: z.int(),
        liveShare: z.number().meta({ description: "The share of it that values of now use, 0 to 1" }),
      }),
    ),
  })
  .meta({ id: "PlannedSchedule" });

export const Plan = z
  .object({
    connectionId: Id,
    vendor: z.string(),
    devices: z.int(),
    present: PlannedSchedule,
    changed: PlannedSchedule.nullable().meta({ description: "With the interval that was asked about" }),
    history: z
      .object({
        from: Time.meta({ description: "Later than asked for where the vendor keeps less" }),
        to: Time,
        windows: z.int(),
        requests: z.int(),
        durationMs: z
          .number()
          .nullable()
          .meta({ description: "At what values of now leave of the vendor's limits; null when they leave nothing" }),
      })
      .nullable()
      .meta({ description: "What the past that was asked about costs" }),
  })
  .meta({ id: "Plan" });

export const Budget = z
  .object({
    connectionId: Id,
    from: Time,
    to: Time,
    isHeldHere: z.boolean().meta({ description: "Whether the server that answers is the one that may spend it now" }),
    limits: z.array(z.object({ requests: z.int(), perMs: z.number() })),
    hours: z.array(
      z.object({
        hour: Time,
        connectionId: Id.meta({ description: "Accounts may be shared by several connections" }),
        lane: z.string(),
        requests: z.int(),
        refusals: z.int().meta({ description: "Of the requests: answered 429" }),
      }),
    ),
  })
  .meta({ id: "Budget" });
