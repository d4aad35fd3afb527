import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { VendorDefinition } from "../../vendors/vendor.ts";
import * as shapes from "../connection-schemas.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";

/** What can be connected: known without an account anywhere. */
export function vendorRoutes(app: FastifyInstance, { vendors }: RouteParts): void {
  const items = vendors.map(vendorView);

  declare(
    app,
    "GET",
    "/vendors",
    {
      permission: "connection:read",
      summary: "Vendors that can be connected, and what each wants to know",
      example: {},
      answers: { 200: z.object({ items: z.array(shapes.Vendor) }) },
    },
    () => ({ items }),
  );
}

function vendorView(vendor: VendorDefinition): z.input<typeof shapes.Vendor> {
  const { id, title, baseUrl = null, discovers, history, limits } = vendor;
  return {
    id,
    title,
    baseUrl,
    credential: credentialFields(vendor),
    listsDevices: discovers,
    history: history && { keepsMs: history.keepsMs },
    limits: limits.budgets.map(({ requests, perMs }) => ({ requests, perMs })),
  };
}

/** The part of a JSON schema that a credential's shape comes down to. */
interface FieldSchema {
  readonly enum?: readonly string[];
  readonly default?: string;
}

function credentialFields({ credential }: VendorDefinition): z.input<typeof shapes.Vendor>["credential"] {
  const { properties = {} } = z.toJSONSchema(credential, { io: "input" });
  return Object.entries(properties as Record<string, FieldSchema>).map(([name, field]) => ({
    name,
    choices: field.enum ? [...field.enum] : null,
    default: field.default ?? null,
  }));
}
