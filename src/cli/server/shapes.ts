import { z } from "zod";

/** Of the server's answers, what the command line looks at; a newer server may say more. */
export const Site = z.object({ id: z.string(), name: z.string(), timezone: z.string() });
export type Site = z.output<typeof Site>;

export const Metric = z.object({ id: z.string(), deviceId: z.string(), name: z.string(), unit: z.string() });
export type Metric = z.output<typeof Metric>;

export const Device = z.object({
  id: z.string(),
  siteId: z.string(),
  name: z.string(),
  serialNumber: z.string().nullable(),
  metrics: z.array(Metric),
});
export type Device = z.output<typeof Device>;

export const Series = z.object({
  from: z.string(),
  to: z.string(),
  step: z.string(),
  timezone: z.string(),
  series: z.array(
    z.looseObject({
      metricId: z.string(),
      unit: z.string(),
      points: z.array(z.tuple([z.number(), z.number()])),
      coverage: z.number().nullable(),
      pointCoverage: z.array(z.number()).optional(),
    }),
  ),
  nextCursor: z.string().nullable(),
  /** The widest rollup that it was read from, and how much of it. */
  plan: z.object({ rollup: z.string().nullable(), rollupShare: z.number() }).optional(),
});
export type Series = z.output<typeof Series>;

export const Problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  message: z.string().optional(),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
