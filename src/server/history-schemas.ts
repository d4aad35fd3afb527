import { z } from "zod";
import { BACKFILL_STATES } from "../domain/backfill.ts";
import { Id, Time } from "./schemas.ts";

/** An import of history, as the API shows it. */
export const BackfillJob = z
  .object({
    id: Id,
    connectionId: Id,
    from: Time,
    to: Time,
    deviceIds: z.array(Id).nullable().meta({ description: "Null for all devices of the connection" }),
    state: z.enum(BACKFILL_STATES),
    message: z.string().nullable().meta({ description: "Why it does not go on" }),
    requests: z.int().meta({ description: "Made so far" }),
    readings: z.int().meta({ description: "Stored so far" }),
    requestsLeft: z.int().meta({ description: "What it still costs; what is held already is not asked for" }),
    leftMs: z.int().nullable().meta({
      description:
        "How long that takes at the vendor's limits beside the values of now, ms; null when it has ended, or the values of now leave nothing of them",
    }),
    createdAt: Time,
    endedAt: Time.nullable(),
  })
  .meta({ id: "BackfillJob" });

export const Restatement = z
  .object({
    time: Time,
    formerValue: z.number(),
    formerReceivedAt: Time,
    value: z.number(),
    foundAt: Time,
    unit: z.string(),
  })
  .meta({ id: "Restatement" });
