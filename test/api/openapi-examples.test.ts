import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PV_ACTIVE_POWER } from "../../src/domain/metric.ts";
import { EXAMPLE_IDS } from "../../src/server/examples.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

/*
 * Every example of the document, as it is served, is a call that works: it is made as it stands, with only the ids of
 * objects that are there in place of those that it names, and the answer is what the document says that it is.
 */

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly example?: unknown }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}
type Document = Readonly<{ components: object; paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }>;

/** What makes objects comes first, what asks for them last: an example may rely on what another has brought. */
const METHODS = ["post", "put", "patch", "get"] as const;

/** The calls that an example must show. */
const MAIN_CALLS = [
  "post /api/v1/auth/login",
  "post /api/v1/sites",
  "get /api/v1/sites",
  "get /api/v1/sites/{id}",
  "patch /api/v1/sites/{id}",
  "get /api/v1/sites/{siteId}/members",
  "put /api/v1/sites/{siteId}/members/{userId}",
  "get /api/v1/sites/{siteId}/latest",
  "post /api/v1/sites/{siteId}/devices",
  "get /api/v1/sites/{siteId}/devices",
  "get /api/v1/devices/{id}",
  "patch /api/v1/devices/{id}",
  "post /api/v1/devices/{id}/metrics",
  "get /api/v1/metrics/{id}",
  "patch /api/v1/metrics/{id}",
  "get /api/v1/metrics/{id}/latest",
  "get /api/v1/metrics/{id}/series",
  "get /api/v1/metrics/{id}/restatements",
  "post /api/v1/connections/{id}/backfill-jobs",
  "get /api/v1/connections/{id}/backfill-jobs",
  "get /api/v1/backfill-jobs/{id}",
  "post /api/v1/backfill-jobs/{id}/pause",
  "post /api/v1/backfill-jobs/{id}/resume",
  "post /api/v1/users",
  "get /api/v1/users/{id}",
  "patch /api/v1/users/{id}",
  "post /api/v1/api-keys",
  "get /api/v1/api-keys",
  "post /api/v1/subscriptions",
  "get /api/v1/subscriptions/{id}",
  "patch /api/v1/subscriptions/{id}",
  "get /api/v1/subscriptions/{id}/series",
  "get /api/v1/series",
  "get /api/v1/latest",
  "post /api/v1/readings",
  "get /api/v1/connections",
  "get /api/v1/connections/{id}",
  "patch /api/v1/connections/{id}",
  "post /api/v1/connections/{id}/pause",
  "post /api/v1/connections/{id}/resume",
  "get /api/v1/connections/{id}/plan",
  "post /data",
  "post /api/v2/write",
  "post /write",
];

let server: ApiServer;
let document: Document;
let headers: { authorization: string };
const ownIds = new Map<string, string>();

beforeAll(async () => {
  server = await startApiServer();
  document = (await server.app.inject({ url: "/api/v1/openapi.json" })).json<Document>();
  headers = await server.signInAsAdmin();
  const site = await made("/sites", { name: "A site", timezone: "Europe/Madrid" });
  const device = await made(`/sites/${site.id}/devices`, {
    name: "A device",
    kind: "inverter",
    metrics: [{ name: "active_power", unit: "W" }],
  });
  const metricId = device.metrics?.[0]?.id ?? "";
  const user = await made("/users", { email: "eve@example.org", name: "Eve", password: "another long password" });
  const subscription = await made("/subscriptions", { name: "Some", metricIds: [metricId] });
  ownIds.set(EXAMPLE_IDS.site, site.id).set(EXAMPLE_IDS.device, device.id).set(EXAMPLE_IDS.metric, metricId);
  // Past the route, which would begin to ask the vendor.
  const wanted = { name: "Cabinets", vendor: "elecnova", baseUrl: "http://127.0.0.1:9", pollIntervalMs: 60_000 };
  const cabinet = {
    siteId: site.id,
    name: "Cabinet",
    kind: "battery",
    serialNumber: "ESS-1",
    manufacturer: null,
    model: null,
    ratedPowerW: null,
  } as const;
  const { id: connectionId } = await server.catalogue.connections.create(
    wanted,
    { clientId: "c", clientSecret: "s" },
    [cabinet],
    [PV_ACTIVE_POWER],
  );
  const range = { fromMs: Date.UTC(2026, 5, 1), toMs: Date.UTC(2026, 5, 2) };
  const job = await server.catalogue.backfillJobs.create({ connectionId, deviceIds: null, ...range });
  ownIds.set(EXAMPLE_IDS.connection, connectionId).set(EXAMPLE_IDS.backfillJob, job.item.id);
  ownIds.set(EXAMPLE_IDS.user, user.id).set(EXAMPLE_IDS.subscription, subscription.id);
});
afterAll(() => server.close());

async function made(url: string, payload: object) {
  const answer = await server.app.inject({ method: "POST", url: `/api/v1${url}`, headers, payload });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json<{ id: string; metrics?: { id: string }[] }>();
}

const hasExample = ({ parameters = [], requestBody }: Operation): boolean =>
  [...parameters, ...Object.values(requestBody?.content ?? {})].some(({ example }) => example !== undefined);

function exemplified() {
  return METHODS.flatMap((method) =>
    Object.entries(document.paths).flatMap(([path, operations]) => {
      const operation = operations[method];
      return operation && hasExample(operation) ? [{ method, path, operation }] : [];
    }),
  );
}

const withOwnIds = (text: string): string => {
  let own = text;
  for (const [named, id] of ownIds) own = own.replaceAll(named, id);
  return own;
};

/** The example's call, with everything that it needs to say; the server's answer to it. */
async function call(method: string, path: string, { parameters = [], requestBody }: Operation) {
  let pathname = path;
  const query = new URLSearchParams();
  for (const { in: place, name, example } of parameters) {
    if (example === undefined) continue;
    if (place === "path") pathname = pathname.replace(`{${name}}`, String(example));
    if (place === "query") query.set(name, String(example));
  }
  const [type, media] =
    Object.entries(requestBody?.content ?? {}).find(([, { example }]) => example !== undefined) ?? [];
  const textOf = (example: unknown): string => (typeof example === "string" ? example : JSON.stringify(example));
  return server.app.inject({
    method: method.toUpperCase() as "GET",
    url: withOwnIds(query.size > 0 ? `${pathname}?${query.toString()}` : pathname),
    headers: { ...headers, ...(type !== undefined && { "content-type": type }) },
    ...(media && { payload: withOwnIds(textOf(media.example)) }),
  });
}

test("the main calls have an example, and no deletion has one", () => {
  const shown = exemplified().map(({ method, path }) => `${method} ${path}`);
  expect(MAIN_CALLS.filter((wanted) => !shown.includes(wanted))).toEqual([]);
  const deletions = Object.values(document.paths).flatMap((operations) => operations["delete"] ?? []);
  expect(deletions.filter(hasExample)).toEqual([]);
});

test("every example works as it stands, and is answered as the document says", async () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: "document" });
  // Refers to the document's own components from wherever it stands in it.
  const absolute = (schema: object): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')) as object;

  for (const { method, path, operation } of exemplified()) {
    const name = `${method} ${path}`;
    const [status, success] = Object.entries(operation.responses).find(([code]) => code.startsWith("2")) ?? [];
    const answer = await call(method, path, operation);
    expect([name, String(answer.statusCode)], answer.body).toEqual([name, status]);
    const schema = success?.content?.["application/json"]?.schema;
    if (schema === undefined) {
      expect([name, answer.body]).toEqual([name, ""]);
      continue;
    }
    const conforms = ajv.compile(absolute(schema));
    conforms(answer.json());
    expect([name, conforms.errors ?? []]).toEqual([name, []]);
  }
});

test("the examples together bring readings that can be read: a value now and points over time", async () => {
  const metricId = ownIds.get(EXAMPLE_IDS.metric) ?? "";
  const latest = await server.app.inject({ url: `/api/v1/metrics/${metricId}/latest`, headers });
  expect(latest.json()).toMatchObject({ value: 74_250.5, quality: "good" });
  const { operation } = exemplified().find(({ path }) => path === "/api/v1/metrics/{id}/series") ?? {};
  if (!operation) throw new Error("there is no example of a series");
  const series = await call("get", "/api/v1/metrics/{id}/series", operation);
  expect(series.json<{ series: { points: unknown[] }[] }>().series[0]?.points.length).toBeGreaterThan(0);
});

test("the sign-in that the document shows is one of the test's own administrator", () => {
  const media = document.paths["/api/v1/auth/login"]?.["post"]?.requestBody?.content["application/json"];
  expect(media?.example).toEqual({ email: ADMIN.email, password: ADMIN.password });
});
