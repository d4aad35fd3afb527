import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from "../../catalogue/page.ts";
import type { EventFilter, EventOwner } from "../../catalogue/quality-events.ts";
import { QUALITY_RULES, type QualityEvent } from "../../domain/quality.ts";
import { ABOUT_DEVICE, aboutSite } from "../about.ts";
import { EXAMPLE_IDS, EXAMPLE_TIMES } from "../examples.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

const ById = z.object({ id: api.Id });
const timeMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const flag = z.enum(["true", "false"]).transform((text) => text === "true");

const EventsQuery = z.strictObject({
  from: timeMs.optional().meta({ description: "Those that had not ended then" }),
  to: timeMs.optional().meta({ description: "Those that had begun before" }),
  rule: z.enum(QUALITY_RULES).optional(),
  open: flag.optional().meta({ description: "`true`: those that go on; `false`: those that have ended" }),
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_DEFAULT),
  cursor: z.string().max(100).optional(),
});

const QualityEventShape = z
  .object({
    id: api.Id,
    siteId: api.Id,
    deviceId: api.Id,
    metricId: api.Id.nullable().meta({ description: "Null for the device as a whole" }),
    metric: z.string().nullable().meta({ description: "Its name; null also when there is no such metric any more" }),
    rule: z.enum(QUALITY_RULES),
    from: api.Time,
    to: api.Time.nullable().meta({ description: "Exclusive; null while it goes on" }),
    evidence: z.record(z.string(), z.union([z.number(), z.string()])).meta({ description: "What was seen" }),
    foundAt: api.Time,
  })
  .meta({ id: "QualityEvent" });

const QualityScan = z
  .object({
    from: api.Time,
    to: api.Time,
    devices: z.int(),
    readings: z.int().meta({ description: "That were read; some rules read a device's power once more" }),
    events: z.int().meta({ description: "That were found" }),
    newEvents: z.int().meta({ description: "Of them: that were not known" }),
    isComplete: z.boolean(),
    message: z.string(),
  })
  .meta({ id: "QualityScan" });

/** What is wrong with readings, as it was found, and looking for it in history. */
export function eventRoutes(app: FastifyInstance, { catalogue, quality }: RouteParts): void {
  const { directory, qualityEvents } = catalogue;

  async function pageOf(owner: EventOwner, { from, to, open, rule, ...request }: z.output<typeof EventsQuery>) {
    const filter: EventFilter = { fromMs: from, toMs: to, rule, isOpen: open };
    const { items, nextCursor } = await qualityEvents.list(owner, filter, request);
    return { items: items.flatMap(eventView), nextCursor };
  }

  /** None of a device that was deleted meanwhile. */
  function eventView(found: QualityEvent): z.input<typeof QualityEventShape> | [] {
    const { fromMs, toMs, foundAtMs, evidence, ...event } = found;
    const device = directory.device(event.deviceId);
    if (!device) return [];
    return {
      ...event,
      siteId: device.siteId,
      metric: event.metricId === null ? null : (directory.byMetric(event.metricId)?.metricName ?? null),
      from: isoTime(fromMs),
      to: toMs === null ? null : isoTime(toMs),
      evidence: { ...evidence },
      foundAt: isoTime(foundAtMs),
    };
  }

  declare(
    app,
    "GET",
    "/sites/:id/events",
    {
      permission: "device:read",
      about: aboutSite(),
      summary: "What was found wrong with the readings of a site's devices, in the order in which it was found",
      params: ById,
      query: EventsQuery,
      example: { params: { id: EXAMPLE_IDS.site }, query: { open: "true", limit: 50 } },
      answers: { 200: api.pageOf(QualityEventShape) },
    },
    ({ params, query }) => pageOf({ siteId: params.id }, query),
  );
  declare(
    app,
    "GET",
    "/devices/:id/events",
    {
      permission: "device:read",
      about: ABOUT_DEVICE,
      summary: "What was found wrong with a device's readings, in the order in which it was found",
      params: ById,
      query: EventsQuery,
      example: { params: { id: EXAMPLE_IDS.device }, query: { rule: "flat_lined", from: EXAMPLE_TIMES.from } },
      answers: { 200: api.pageOf(QualityEventShape) },
    },
    ({ params, query }) => pageOf({ deviceId: params.id }, query),
  );
  declare(
    app,
    "POST",
    "/sites/:id/quality-scans",
    {
      permission: "device:update",
      about: aboutSite(),
      summary: "Look for what is wrong in a site's history now; up to 366 days and 2,000,000 readings",
      audit: {
        action: "quality.scan",
        note: ({ params: { id }, body: { from, to } }) => ({
          object: { kind: "site", id },
          detail: { from: isoTime(from), to: isoTime(to) },
        }),
      },
      params: ById,
      body: z.strictObject({ from: timeMs, to: timeMs }),
      example: { params: { id: EXAMPLE_IDS.site }, body: { from: EXAMPLE_TIMES.from, to: EXAMPLE_TIMES.to } },
      answers: { 200: QualityScan },
    },
    async ({ params, body: { from, to } }) => {
      const report = await quality.scan(params.id, from, to);
      return {
        from: isoTime(from),
        to: isoTime(to),
        ...report,
        message: report.isComplete ? LOOKED_AT_ALL : CUT_SHORT,
      };
    },
  );
}

const LOOKED_AT_ALL = "All readings of the range were looked at.";
const CUT_SHORT = "There are too many readings: not all of them were looked at. Ask for a shorter range.";
