import { z } from "zod";
import { SITE_ROLES } from "../domain/user.ts";
import { Id, Time } from "./schemas.ts";

/** People and what they are and keep, as OpenAPI names them. */
export const SiteRole = z.object({ siteId: Id, role: z.enum(SITE_ROLES) }).meta({ id: "SiteRole" });

export const User = z
  .object({
    id: Id,
    email: z.string(),
    name: z.string(),
    isAdmin: z.boolean(),
    sites: z.array(SiteRole).meta({ description: "What they are on each of their sites" }),
  })
  .meta({ id: "User" });

export const Member = z
  .object({ userId: Id, siteId: Id, role: z.enum(SITE_ROLES), email: z.string(), name: z.string() })
  .meta({ id: "Member" });

export const Me = z
  .object({
    user: z.object({ id: Id, email: z.string(), name: z.string() }).nullable(),
    role: z.enum(["admin", "viewer"]).meta({ description: "An administrator, or what anybody is at least" }),
    sites: z.array(SiteRole).meta({ description: "An administrator is everything everywhere, and has none here" }),
    demo: z.boolean(),
  })
  .meta({ id: "Me" });

const account = { id: Id, email: z.string(), name: z.string() };

export const Account = z.object(account).meta({ id: "Account" });

export const Session = z
  .object({ accessToken: z.string(), expiresInS: z.int(), user: z.object(account) })
  .meta({ id: "Session" });

export const Subscription = z
  .object({
    id: Id,
    name: z.string(),
    metricIds: z.array(Id).meta({ description: "Those that are there and that the asker may read" }),
    goneMetricIds: z
      .array(Id)
      .meta({ description: "Those that it named and that are there no more, or not for the asker" }),
    createdAt: Time,
  })
  .meta({ id: "Subscription" });

export const FormerUnit = z
  .object({
    serialNumber: z.string(),
    manufacturer: z.string().nullable(),
    model: z.string().nullable(),
    until: Time.meta({ description: "Until then the serial number was the device's" }),
  })
  .meta({ id: "FormerUnit" });

export const DeviceDeleted = z
  .object({
    id: Id,
    metrics: z.int().meta({ description: "Metrics that went with it" }),
    readings: z.literal("kept").meta({ description: "Its readings stay in the store until retention ends" }),
    detail: z.string(),
  })
  .meta({ id: "DeviceDeleted" });
