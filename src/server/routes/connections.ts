import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { DEVICE_FATES } from "../../catalogue/devices.ts";
import { POLL_INTERVAL_MS } from "../../domain/connection.ts";
import { InvalidInput } from "../../domain/errors.ts";
import * as shapes from "../connection-schemas.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { vendorAccount } from "../vendor-account.ts";
import { fromVersion, showVersion } from "../versions.ts";
import { connectionView } from "../views/connections.ts";

/** Devices that one request may connect. */
export const CONNECTION_DEVICES_MAX = 10_000;

/** The metrics of such a vendor's devices are known once it has listed them. */
const UNLIKE_DEVICES = "has devices that differ: connect it without any, discover what there is, and pick";

const BaseUrl = z.url({ protocol: /^https?$/, error: "must be an http or https address" });
const Name = z.string().trim().min(1).max(200);
const PollIntervalMs = z.int().min(POLL_INTERVAL_MS.min).max(POLL_INTERVAL_MS.max);
const LaneShares = z.strictObject(api.LaneShares.shape);
export const Credential = z.record(z.string().max(50), z.string().min(1).max(10_000));
export const SerialNumber = z.string().trim().min(1).max(100);

const NewConnection = z.strictObject({
  name: Name,
  vendor: z.string().max(50),
  baseUrl: BaseUrl,
  credential: Credential,
  pollIntervalMs: PollIntervalMs.default(POLL_INTERVAL_MS.default),
  laneShares: LaneShares.default({}),
  siteId: api.Id.optional().meta({ description: "Where the devices stand; needed when some are named" }),
  serialNumbers: z.array(SerialNumber).max(CONNECTION_DEVICES_MAX).default([]),
});
const ConnectionPatch = z
  .strictObject({ name: Name, baseUrl: BaseUrl, pollIntervalMs: PollIntervalMs, laneShares: LaneShares })
  .partial();
const ById = z.object({ id: api.Id });
const Removal = z.strictObject({
  devices: z.enum(DEVICE_FATES).default("keep").meta({
    description: "`keep`: its devices stay, with all their readings, and are polled no more. `delete`: they go too",
  }),
});

/** Accounts with vendors. */
export function connectionRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { catalogue, collector } = parts;
  const { connections } = catalogue;

  declare(
    app,
    "GET",
    "/connections",
    {
      permission: "connection:read",
      summary: "Vendor accounts, and how polling them goes",
      query: PageQuery,
      example: { query: { limit: 50 } },
      answers: { 200: api.pageOf(api.Connection) },
    },
    async ({ query }) => {
      const { items, nextCursor } = await connections.page(query);
      return { items: items.map((connection) => connectionView(connection, collector)), nextCursor };
    },
  );

  declare(
    app,
    "POST",
    "/connections",
    {
      permission: "connection:create",
      summary: "Connect a vendor account, with devices or without, and start polling",
      body: NewConnection,
      isRepeatable: { apartFrom: ["credential"] },
      audit: {
        action: "connection.create",
        note: ({ body: { name, siteId, serialNumbers } }) => ({
          detail: { name, devices: serialNumbers.length, ...(siteId !== undefined && { siteId }) },
        }),
      },
      answers: { 201: api.Connection },
    },
    async ({ body }) => {
      const { siteId, serialNumbers, credential, ...fields } = body;
      const { vendor } = await vendorAccount(parts, body);
      const { device } = vendor;
      if (serialNumbers.length > 0 && !device) throw new InvalidInput([{ path: "vendor", message: UNLIKE_DEVICES }]);
      if (serialNumbers.length > 0 && siteId === undefined) {
        throw new InvalidInput([{ path: "siteId", message: "must say where the devices stand" }]);
      }
      if (siteId !== undefined) await catalogue.sites.get(siteId);
      const devices = [...new Set(serialNumbers)].map((serialNumber) => ({
        siteId: siteId ?? "",
        name: serialNumber,
        kind: device?.kind ?? "other",
        serialNumber,
        manufacturer: vendor.title,
        model: null,
        ratedPowerW: null,
      }));
      const connection = await connections.create(fields, credential, devices, device?.metrics);
      await collector.poll(connection);
      return connectionView(connection, collector);
    },
  );

  declare(
    app,
    "GET",
    "/connections/:id",
    {
      permission: "connection:read",
      summary: "A vendor account, and how polling it goes",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.connection } },
      answers: { 200: api.Connection },
    },
    async ({ params, reply }) => {
      const connection = await connections.get(params.id);
      showVersion(reply, connection.version);
      return connectionView(connection, collector);
    },
  );

  declare(
    app,
    "PATCH",
    "/connections/:id",
    {
      permission: "connection:update",
      summary: "Change a vendor account's name, address or schedule",
      audit: { action: "connection.change", note: ({ body }) => ({ detail: { fields: Object.keys(body) } }) },
      params: ById,
      body: ConnectionPatch,
      example: {
        params: { id: EXAMPLE_IDS.connection },
        body: { pollIntervalMs: 300_000, laneShares: { history: 0.25 } },
      },
      answers: { 200: api.Connection },
    },
    async ({ body, params, request, reply }) => {
      if (body.baseUrl !== undefined) {
        const { vendor } = await connections.get(params.id);
        const credential = await connections.credential(params.id);
        await vendorAccount(parts, { vendor, credential, baseUrl: body.baseUrl });
      }
      const connection = await connections.update(params.id, body, fromVersion(request));
      await collector.poll(connection);
      showVersion(reply, connection.version);
      return connectionView(connection, collector);
    },
  );

  declare(
    app,
    "DELETE",
    "/connections/:id",
    {
      permission: "connection:delete",
      summary: "Remove a vendor account and its credential; its devices stay unless told otherwise",
      audit: { action: "connection.remove", note: ({ query }) => ({ detail: { devices: query.devices } }) },
      params: ById,
      query: Removal,
      answers: { 200: shapes.ConnectionRemoved },
    },
    async ({ params, query }) => {
      const devices = await connections.remove(params.id, query.devices);
      await collector.stop(params.id);
      return query.devices === "keep"
        ? { devicesKept: devices, devicesDeleted: 0 }
        : { devicesKept: 0, devicesDeleted: devices };
    },
  );

  for (const [deed, summary] of [
    ["pause", "Ask nothing of a vendor account until it is resumed"],
    ["resume", "Poll a vendor account again"],
  ] as const) {
    declare(
      app,
      "POST",
      `/connections/:id/${deed}`,
      {
        permission: "connection:update",
        summary,
        audit: { action: `connection.${deed}` },
        params: ById,
        example: { params: { id: EXAMPLE_IDS.connection } },
        answers: { 200: api.Connection },
      },
      async ({ params, reply }) => {
        const connection = await connections[deed](params.id);
        await collector.poll(connection);
        showVersion(reply, connection.version);
        return connectionView(connection, collector);
      },
    );
  }
}
