import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ConnectionReport } from "../../collect/collector.ts";
import { POLL_INTERVAL_MS } from "../../domain/connection.ts";
import { InvalidInput } from "../../domain/errors.ts";
import type { VendorDefinition } from "../../vendors/vendor.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

/** Devices that one connection may be created with. */
export const CONNECTION_DEVICES_MAX = 10_000;

/** The metrics of such a vendor's devices must be asked for before they can be stored. */
const UNLIKE_DEVICES = "has devices that differ, which this version can fetch on the command line and not collect yet";

const NewConnection = z.strictObject({
  name: z.string().trim().min(1).max(200),
  vendor: z.string().max(50),
  baseUrl: z.url({ protocol: /^https?$/, error: "must be an http or https address" }),
  credential: z.record(z.string().max(50), z.string().min(1).max(10_000)),
  pollIntervalMs: z.int().min(POLL_INTERVAL_MS.min).max(POLL_INTERVAL_MS.max).default(POLL_INTERVAL_MS.default),
  siteId: api.Id,
  serialNumbers: z.array(z.string().trim().min(1).max(100)).min(1).max(CONNECTION_DEVICES_MAX),
});

/** Accounts with vendors. */
export function connectionRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { catalogue, collector } = parts;

  declare(
    app,
    "GET",
    "/connections",
    {
      permission: "connection:read",
      summary: "Vendor accounts, and how polling them goes",
      answers: { 200: api.pageOf(api.Connection) },
    },
    () => ({ items: collector.reports().map(connectionView), nextCursor: null }),
  );

  declare(
    app,
    "POST",
    "/connections",
    {
      permission: "connection:create",
      summary: "Connect a vendor account and its devices, and start polling",
      body: NewConnection,
      audit: {
        action: "connection.create",
        note: ({ body: { name, siteId, serialNumbers } }) => ({
          detail: { name, siteId, devices: serialNumbers.length },
        }),
      },
      answers: { 201: api.Connection },
    },
    async ({ body }) => {
      const { siteId, serialNumbers, credential, ...fields } = body;
      const vendor = vendorOf(parts.vendors, fields.vendor);
      refuseWrongCredential(vendor, credential);
      const { device } = vendor;
      if (!device) throw new InvalidInput([{ path: "vendor", message: UNLIKE_DEVICES }]);
      // Opening sends nothing, and refuses an address that polling could not use: nothing is stored then.
      await vendor.open({ baseUrl: fields.baseUrl, credential, clock: parts.clock }).close();
      await catalogue.sites.get(siteId);
      const devices = [...new Set(serialNumbers)].map((serialNumber) => ({
        siteId,
        name: serialNumber,
        kind: device.kind,
        serialNumber,
        manufacturer: vendor.title,
        model: null,
        ratedPowerW: null,
      }));
      const connection = await catalogue.connections.create(fields, credential, devices, device.metrics);
      return connectionView(await collector.poll(connection));
    },
  );
}

function vendorOf(vendors: readonly VendorDefinition[], id: string): VendorDefinition {
  const vendor = vendors.find((candidate) => candidate.id === id);
  if (vendor) return vendor;
  const known = vendors.map((candidate) => candidate.id).join(", ");
  throw new InvalidInput([{ path: "vendor", message: `must be one of: ${known}` }]);
}

/** Names the field, never repeats what it held. */
function refuseWrongCredential(vendor: VendorDefinition, credential: Record<string, string>): void {
  const checked = vendor.credential.safeParse(credential);
  if (checked.success) return;
  throw new InvalidInput(
    checked.error.issues.map((issue) => ({ path: ["credential", ...issue.path].join("."), message: issue.message })),
  );
}

function connectionView(report: ConnectionReport): z.input<typeof api.Connection> {
  const { connection, counts, state, message, sinceMs, devices } = report;
  const { createdAtMs: _, ...fields } = connection;
  return { ...fields, ...counts, devices, state, message, since: isoTime(sinceMs) };
}
