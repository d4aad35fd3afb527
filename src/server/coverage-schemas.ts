import { z } from "zod";
import * as api from "./schemas.ts";

/** Whole numbers from 0. Checked in one loop: a schema for each of them takes ten times as long, and a year of a site has tens of thousands. */
const StepSums = z
  .custom<number[]>((sums) => Array.isArray(sums) && sums.every((sum) => Number.isSafeInteger(sum) && sum >= 0))
  .meta({ type: "array", items: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } });

const DeviceCoverage = z.object({
  deviceId: api.Id,
  name: z.string(),
  asked: z.boolean().meta({
    description:
      "Whether a connection asks for this device's values. What devices push by themselves is not asked for, and no ledger is kept of it: its `sums` are null",
  }),
  streams: z.int().min(0).meta({ description: "Its metrics, each of which is a stream" }),
  sums: z
    .object({
      data: StepSums,
      nothing: StepSums,
      refused: StepSums,
      failed: StepSums,
      unasked: StepSums,
      before: StepSums,
    })
    .nullable()
    .meta({
      description:
        "For each step, ms of all streams together; a step's six sums add up to its length times `streams`. `nothing`: the vendor has none; `unasked`: it was never asked; `before`: never asked either, and earlier than the device was here",
    }),
});

export const SiteCoverage = z
  .object({
    from: api.Time,
    to: api.Time.meta({ description: "Now at most" }),
    step: z.string().meta({ description: "ISO 8601 duration" }),
    timezone: z.string().meta({ description: "Whose days, weeks, months and years the steps are" }),
    edges: z.array(z.int()).meta({
      description: "Epoch ms where steps begin, and where the last one ends; the first and the last may be cut",
    }),
    items: z.array(DeviceCoverage),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: "SiteCoverage" });

export const Gap = z
  .object({
    deviceId: api.Id,
    device: z.string().meta({ description: "Its name" }),
    metrics: z.array(z.string()).meta({ description: "Names of its metrics that miss this stretch" }),
    from: api.Time,
    to: api.Time,
    outcome: z.enum(["refused", "failed"]).nullable().meta({
      description:
        "What the vendor said when it was asked last; null when it was never asked, which is no gap before the device was here",
    }),
    askedAt: api.Time.nullable(),
    request: z.int().nullable().meta({ description: "The request that asked last, by its number of the connection" }),
  })
  .meta({ id: "Gap" });

export const Gaps = z
  .object({
    from: api.Time,
    to: api.Time.meta({ description: "Now at most" }),
    asked: z.boolean().meta({
      description:
        "Whether any of it is asked for by a connection: of what devices push by themselves no gaps are known",
    }),
    items: z.array(Gap),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: "Gaps" });
