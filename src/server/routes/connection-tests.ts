import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Conflict } from "../../domain/errors.ts";
import * as shapes from "../connection-schemas.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { checkedCredential, vendorAccount } from "../vendor-account.ts";
import { connectionView, testView } from "../views/connections.ts";
import { Credential, SerialNumber } from "./connections.ts";

const ById = z.object({ id: api.Id });
const Asked = z.strictObject({
  serialNumber: SerialNumber.optional().meta({
    description: "A device to ask for; without one the account alone is tested",
  }),
});
const Unsaved = Asked.extend({
  vendor: z.string().max(50),
  baseUrl: z.url({ protocol: /^https?$/, error: "must be an http or https address" }),
  credential: Credential,
});
const Replacement = z.strictObject({ credential: Credential });
const HowReplaced = z.strictObject({
  untested: z
    .enum(["true", "false"])
    .default("false")
    .meta({ description: "Whether it is stored without asking the vendor first" }),
});

/** Tests of vendor accounts, and credentials that are rotated, which are tested first. */
export function connectionTestRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { collector } = parts;
  const { connections } = parts.catalogue;

  declare(
    app,
    "POST",
    "/connections/test",
    {
      permission: "connection:create",
      summary: "Test a vendor account before it is saved: in a few requests, with the exact reason of a failure",
      audit: { action: "connection.test" },
      body: Unsaved,
      answers: { 200: shapes.ConnectionTest },
    },
    async ({ body: { serialNumber, ...asked } }) =>
      testView(await collector.probeAccount(await vendorAccount(parts, asked), serialNumber ?? null)),
  );

  declare(
    app,
    "POST",
    "/connections/:id/test",
    {
      permission: "connection:update",
      summary: "Test a vendor account on the budget that polling it spends",
      audit: { action: "connection.test" },
      params: ById,
      body: Asked,
      answers: { 200: shapes.ConnectionTest },
    },
    async ({ body, params }) => testView(await collector.probe(params.id, body)),
  );

  declare(
    app,
    "PUT",
    "/connections/:id/credential",
    {
      permission: "connection:update",
      summary: "Rotate a vendor account's credential: polling goes on with the new one, which is tested first",
      audit: { action: "connection.rotate", note: ({ query }) => ({ detail: { untested: query.untested } }) },
      params: ById,
      query: HowReplaced,
      body: Replacement,
      answers: { 200: shapes.CredentialReplaced },
    },
    async ({ body, params, query }) => {
      const vendor = collector.vendorOf(await connections.get(params.id));
      const credential = checkedCredential(vendor, body.credential);
      const test = query.untested === "true" ? null : await collector.probe(params.id, { credential });
      if (test?.ok === false) {
        throw new Conflict(
          `The former credential stays, since a test of the new one failed (${test.reason}): ${test.message} With untested=true it is stored all the same.`,
        );
      }
      const connection = await connections.replaceCredential(params.id, body.credential);
      await collector.poll(connection);
      return { connection: connectionView(connection, collector), test: test && testView(test) };
    },
  );
}
