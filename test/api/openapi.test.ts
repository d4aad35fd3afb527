import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startApiServer } from "./api-server.ts";

interface Operation {
  readonly summary?: string;
  readonly responses: Record<string, unknown>;
}

test("docs/openapi.json is what the routes declare (npm run openapi)", async () => {
  const server = await startApiServer();
  const declared: unknown = JSON.parse(JSON.stringify(server.app.swagger()));
  await server.close();
  const written: unknown = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
  expect(written).toEqual(declared);
});

test("every operation says what it does and how it is refused", () => {
  const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8")) as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, unknown> };
  };
  expect(document.openapi).toBe("3.1.0");
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(20);
  expect(operations.filter(({ summary, responses }) => !summary || !responses["4XX"])).toEqual([]);
  expect(Object.keys(document.components.schemas).sort()).toEqual(
    expect.arrayContaining([
      "Device",
      "Fleet",
      "FleetDevice",
      "Latest",
      "Me",
      "Metric",
      "Problem",
      "Series",
      "Session",
      "Site",
    ]),
  );
});
