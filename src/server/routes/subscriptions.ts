import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Actor, ownerIdOf } from "../../access/actor.ts";
import { InvalidInput, NotAuthenticated } from "../../domain/errors.ts";
import { SUBSCRIPTION_METRICS_MAX, type Subscription } from "../../domain/subscription.ts";
import type { LiveOwner } from "../../live/hub.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { LiveReader } from "../live-reader.ts";
import type { LiveStreams } from "../live-streams.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import * as people from "../people-schemas.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { fromVersion, showVersion } from "../versions.ts";
import { isReadable, keptMetrics } from "../views/readable-metrics.ts";
import { isoTime } from "../views/times.ts";
import { beginOf, EVENT_STREAM_TYPES, EventStream, StreamQuery } from "./live.ts";

const ById = z.object({ id: api.Id });
const Name = z.string().trim().min(1).max(200);
const MetricIds = z
  .array(api.Id)
  .min(1)
  .max(SUBSCRIPTION_METRICS_MAX)
  .transform((ids) => [...new Set(ids)]);
const NewSubscription = z.strictObject({ name: Name, metricIds: MetricIds });
const SubscriptionPatch = z.strictObject({ name: Name, metricIds: MetricIds }).partial();

/** Sets of metrics over any sites and devices that somebody reads together; each is its owner's alone. */
export function subscriptionRoutes(app: FastifyInstance, parts: RouteParts, streams: LiveStreams): void {
  const { access, catalogue } = parts;
  const { directory, subscriptions } = catalogue;

  declare(
    app,
    "GET",
    "/subscriptions",
    {
      permission: "subscription:own",
      about: "reach",
      summary: "One's own subscriptions",
      query: PageQuery,
      example: { query: { limit: 50 } },
      answers: { 200: api.pageOf(people.Subscription) },
    },
    async ({ actor, query }) => {
      const page = await subscriptions.list(ownerOf(actor), query);
      return { items: page.items.map((item) => view(item, actor)), nextCursor: page.nextCursor };
    },
  );
  declare(
    app,
    "POST",
    "/subscriptions",
    {
      permission: "subscription:own",
      about: "reach",
      summary: "Keep a set of metrics",
      audit: { action: "subscription.create" },
      body: NewSubscription,
      isRepeatable: true,
      example: { body: { name: "What the control room watches", metricIds: [EXAMPLE_IDS.metric] } },
      answers: { 201: people.Subscription },
    },
    async ({ actor, body }) => {
      refuseUnreadable(body.metricIds, actor);
      return view(await subscriptions.create(ownerOf(actor), body), actor);
    },
  );
  declare(
    app,
    "GET",
    "/subscriptions/:id",
    {
      permission: "subscription:own",
      about: "reach",
      summary: "A subscription",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.subscription } },
      answers: { 200: people.Subscription },
    },
    async ({ actor, params, reply }) => {
      const { item, version } = await subscriptions.get(ownerOf(actor), params.id);
      showVersion(reply, version);
      return view(item, actor);
    },
  );
  declare(
    app,
    "PATCH",
    "/subscriptions/:id",
    {
      permission: "subscription:own",
      about: "reach",
      summary: "Change a subscription",
      audit: { action: "subscription.change", note: ({ body }) => ({ detail: { fields: Object.keys(body) } }) },
      params: ById,
      body: SubscriptionPatch,
      example: { params: { id: EXAMPLE_IDS.subscription }, body: { name: "The night shift's" } },
      answers: { 200: people.Subscription },
    },
    async ({ actor, body, params, request, reply }) => {
      const ownerId = ownerOf(actor);
      if (body.metricIds) {
        // What it names already may stay, also while it cannot be read.
        const before = new Set((await subscriptions.get(ownerId, params.id)).item.metricIds);
        refuseUnreadable(
          body.metricIds.filter((id) => !before.has(id)),
          actor,
        );
      }
      const { item, version } = await subscriptions.update(ownerId, params.id, body, fromVersion(request));
      streams.endOf(item.id);
      showVersion(reply, version);
      return view(item, actor);
    },
  );
  declare(
    app,
    "DELETE",
    "/subscriptions/:id",
    {
      permission: "subscription:own",
      about: "reach",
      summary: "Delete a subscription",
      audit: { action: "subscription.delete" },
      params: ById,
      answers: { 204: z.null() },
    },
    async ({ actor, params }) => {
      await subscriptions.delete(ownerOf(actor), params.id);
      streams.endOf(params.id);
      return null;
    },
  );
  declare(
    app,
    "GET",
    "/subscriptions/:id/stream",
    {
      permission: "subscription:own",
      about: "reach",
      summary: "A subscription's readings, live",
      params: ById,
      query: StreamQuery,
      answers: { 200: EventStream },
      answersAs: EVENT_STREAM_TYPES,
    },
    async ({ actor, params, query, request, reply }) => {
      const { item } = await subscriptions.get(ownerOf(actor), params.id);
      const metricIds = new Set(item.metricIds);
      const reader = new LiveReader(parts, actor, "reach");
      const lets = ({ siteId }: LiveOwner): boolean => reader.reaches(siteId);
      streams.stream(
        reply,
        { interest: { of: { metricIds }, lets }, mayGoOn: () => reader.mayGoOn(), subjectId: item.id },
        beginOf(request, query),
      );
    },
  );

  /** The same for a metric that is not there and for one that the asker may not read. @throws InvalidInput */
  function refuseUnreadable(metricIds: readonly string[], actor: Actor): void {
    const reach = access.reach(actor);
    const issues = metricIds.flatMap((id, index) =>
      isReadable(id, directory, reach)
        ? []
        : [{ path: `metricIds.${index}`, message: "is no metric that you may read" }],
    );
    if (issues.length > 0) throw new InvalidInput(issues);
  }

  function view(subscription: Subscription, actor: Actor): z.input<typeof people.Subscription> {
    const { id, name, createdAtMs } = subscription;
    const kept = keptMetrics(subscription.metricIds, directory, access.reach(actor));
    return { id, name, ...kept, createdAt: isoTime(createdAtMs) };
  }
}

/** @throws NotAuthenticated for whoever has nothing of their own */
function ownerOf(actor: Actor): string {
  const ownerId = ownerIdOf(actor);
  if (ownerId === null) throw new NotAuthenticated("Sign in first.");
  return ownerId;
}
