import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { DEVICE_KINDS } from "../../domain/device.ts";
import { METRIC_KINDS } from "../../domain/metric.ts";
import { ABOUT_DEVICE, aboutSite } from "../about.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { DeviceDeleted, FormerUnit } from "../people-schemas.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { fromVersion, showVersion } from "../versions.ts";
import { isoTime } from "../views/times.ts";

/** Metrics that a device is created with, at most. */
export const NEW_DEVICE_METRICS_MAX = 1_000;

const ById = z.object({ id: api.Id });
const BySite = z.object({ siteId: api.Id });

const Name = z.string().trim().min(1).max(200);
const Text = z.string().trim().min(1).max(200).nullable();

export const NewMetric = z.strictObject({
  name: Name,
  unit: z.string().trim().min(1).max(50),
  kind: z.enum(METRIC_KINDS).default("gauge"),
});
const changeable = {
  name: Name,
  kind: z.enum(DEVICE_KINDS),
  serialNumber: Text,
  manufacturer: Text,
  model: Text,
  ratedPowerW: z.number().positive().nullable(),
};
const NewDevice = z.strictObject({
  ...changeable,
  serialNumber: Text.default(null),
  manufacturer: Text.default(null),
  model: Text.default(null),
  ratedPowerW: changeable.ratedPowerW.default(null),
  metrics: z
    .array(NewMetric)
    .min(1, "a device has at least one metric")
    .max(NEW_DEVICE_METRICS_MAX)
    .refine(
      (metrics) => new Set(metrics.map(({ name }) => name)).size === metrics.length,
      "must differ in their names",
    ),
});
const DevicePatch = z.strictObject(changeable).partial();

/** Devices: read by those of their site, made and changed by its technicians. */
export function deviceRoutes(app: FastifyInstance, { catalogue, fleet }: RouteParts): void {
  const { devices, directory } = catalogue;

  declare(
    app,
    "GET",
    "/sites/:siteId/devices",
    {
      permission: "device:read",
      about: aboutSite("siteId"),
      summary: "A site's devices, with their metrics",
      params: BySite,
      query: PageQuery,
      example: { params: { siteId: EXAMPLE_IDS.site }, query: { limit: 50 } },
      answers: { 200: api.pageOf(api.Device) },
    },
    ({ params, query }) => fleet.devicesOfSite(params.siteId, query),
  );
  declare(
    app,
    "POST",
    "/sites/:siteId/devices",
    {
      permission: "device:create",
      about: aboutSite("siteId"),
      summary: "Create a device with its metrics",
      audit: {
        action: "device.create",
        note: ({ body: { name }, params: { siteId } }) => ({ detail: { name, siteId } }),
      },
      params: BySite,
      body: NewDevice,
      isRepeatable: true,
      example: {
        params: { siteId: EXAMPLE_IDS.site },
        body: {
          name: "Inverter 1",
          kind: "inverter",
          serialNumber: "SN-0001",
          ratedPowerW: 100_000,
          metrics: [
            { name: "active_power", unit: "W" },
            { name: "energy_total", unit: "kW.h", kind: "counter" },
          ],
        },
      },
      answers: { 201: api.Device },
    },
    async ({ body: { metrics, ...fields }, params }) => {
      const wanted = [{ ...fields, siteId: params.siteId, connectionId: null }];
      const [device] = await devices.createAll(wanted, metrics);
      if (!device) throw new RangeError("one device gives one device");
      return fleet.device(device.id);
    },
  );
  declare(
    app,
    "GET",
    "/devices/:id",
    {
      permission: "device:read",
      about: ABOUT_DEVICE,
      summary: "A device, with its metrics",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.device } },
      answers: { 200: api.Device },
    },
    async ({ params, reply }) => {
      showVersion(reply, (await devices.versioned(params.id)).version);
      return fleet.device(params.id);
    },
  );
  declare(
    app,
    "GET",
    "/devices/:id/former-units",
    {
      permission: "device:read",
      about: ABOUT_DEVICE,
      summary: "The units that a device was before it was swapped, the latest first",
      params: ById,
      answers: { 200: api.pageOf(FormerUnit) },
    },
    async ({ params }) => ({
      items: (await devices.formerUnits(params.id)).map(({ untilMs, ...unit }) => ({
        ...unit,
        until: isoTime(untilMs),
      })),
      nextCursor: null,
    }),
  );
  declare(
    app,
    "PATCH",
    "/devices/:id",
    {
      permission: "device:update",
      about: ABOUT_DEVICE,
      summary: "Change a device; with another serial number it was swapped, and its history goes on",
      audit: { action: "device.change", note: ({ body }) => ({ detail: { fields: Object.keys(body) } }) },
      params: ById,
      body: DevicePatch,
      example: { params: { id: EXAMPLE_IDS.device }, body: { serialNumber: "SN-0002" } },
      answers: { 200: api.Device },
    },
    async ({ body, params, request, reply }) => {
      const { version } = await devices.update(params.id, body, fromVersion(request));
      showVersion(reply, version);
      return fleet.device(params.id);
    },
  );
  declare(
    app,
    "DELETE",
    "/devices/:id",
    {
      permission: "device:delete",
      about: ABOUT_DEVICE,
      summary: "Delete a device and its metrics; their readings are kept until retention ends",
      audit: { action: "device.delete" },
      params: ById,
      answers: { 200: DeviceDeleted },
    },
    async ({ params }) => {
      const metrics = directory.allOfDevice(params.id).length;
      await devices.delete(params.id);
      const detail =
        "The device is gone. Its readings stay on the disk for as long as retention keeps others of their kind.";
      return { id: params.id, metrics, readings: "kept" as const, detail };
    },
  );
}
