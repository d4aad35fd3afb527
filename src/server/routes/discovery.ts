import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { LISTED_STATES } from "../../collect/discovery.ts";
import { pickDevices } from "../../collect/picking.ts";
import { Conflict } from "../../domain/errors.ts";
import * as shapes from "../connection-schemas.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { discoveryPage, discoverySummary } from "../views/connections.ts";
import { CONNECTION_DEVICES_MAX, SerialNumber } from "./connections.ts";

const ById = z.object({ id: api.Id });
const ListQuery = PageQuery.extend({
  /** A cursor holds a serial number. */
  cursor: z.string().max(1_000).optional(),
  state: z.enum(LISTED_STATES).optional(),
});
const Picked = z.strictObject({
  siteId: api.Id,
  serialNumbers: z.array(SerialNumber).min(1).max(CONNECTION_DEVICES_MAX),
});

/** What vendors list, and what of it people pick. */
export function discoveryRoutes(app: FastifyInstance, { catalogue, collector }: RouteParts): void {
  const { connections, devices, listedDevices, sites } = catalogue;

  declare(
    app,
    "POST",
    "/connections/:id/discovery",
    {
      permission: "connection:update",
      summary: "Read what the vendor lists for an account, and say what is new, renamed and gone",
      audit: { action: "connection.discover" },
      params: ById,
      answers: { 200: shapes.DiscoverySummary },
    },
    async ({ params }) => discoverySummary(await collector.discover(params.id)),
  );

  declare(
    app,
    "GET",
    "/connections/:id/discovery",
    {
      permission: "connection:read",
      summary: "What the vendor listed for an account when it was asked last",
      params: ById,
      query: ListQuery,
      answers: { 200: shapes.Discovery },
    },
    async ({ params, query }) => {
      const { title, discovers } = collector.vendorOf(await connections.get(params.id));
      if (!discovers) throw new Conflict(`${title} lists no devices: name them by their serial numbers.`);
      const collected = await devices.ofConnection(params.id);
      const deviceIds = new Map(collected.map(({ id, serialNumber }) => [serialNumber ?? "", id]));
      return discoveryPage(await listedDevices.of(params.id), deviceIds, query);
    },
  );

  declare(
    app,
    "POST",
    "/connections/:id/devices",
    {
      permission: "connection:update",
      summary:
        "Collect devices of a vendor account: those that were picked from its list, or named by their serial numbers",
      audit: {
        action: "connection.pick",
        note: ({ body: { siteId, serialNumbers } }) => ({ detail: { siteId, devices: serialNumbers.length } }),
      },
      params: ById,
      body: Picked,
      answers: { 200: shapes.DevicesPicked },
    },
    async ({ body: { siteId, serialNumbers }, params }) => {
      const connection = await connections.get(params.id);
      await sites.get(siteId);
      const there = new Set(await collector.serialNumbers(connection.id));
      const wanted = [...new Set(serialNumbers)];
      const vendor = collector.vendorOf(connection);
      const listed = (await listedDevices.of(connection.id)).map(({ device }) => device);
      const picked = pickDevices(
        vendor,
        wanted.filter((serialNumber) => !there.has(serialNumber)),
        listed,
      );
      const metricsOf = new Map(picked.map(({ serialNumber, metrics }) => [serialNumber, metrics]));
      const rows = picked.map(({ serialNumber, name, kind, model }) => ({
        serialNumber,
        name,
        kind,
        model,
        siteId,
        manufacturer: vendor.title,
        ratedPowerW: null,
        connectionId: connection.id,
      }));
      await devices.createAll(rows, ({ serialNumber }) => metricsOf.get(serialNumber ?? "") ?? []);
      if (rows.length > 0) await collector.poll(connection);
      return { added: rows.length, alreadyThere: wanted.length - rows.length };
    },
  );
}
