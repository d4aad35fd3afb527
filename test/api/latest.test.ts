import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let admin: { authorization: string };
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});
afterEach(() => server.close());

interface LatestAnswer {
  readonly items: readonly { name: string; value: number; unit: string; time: string; quality: string }[];
}

const latest = async (query: string, headers: Record<string, string>): Promise<LatestAnswer> => {
  const answer = await server.app.inject({ method: "GET", url: `/api/v1/latest${query}`, headers });
  expect(answer.statusCode, answer.body).toBe(200);
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  return answer.json<LatestAnswer>();
};

async function pushed(): Promise<{ roof: string; barn: string }> {
  const lines = ["active_power,site=Roof,device=a value=1.5 1000", "active_power,site=Barn,device=b value=2 2000"];
  const answer = await server.app.inject({
    method: "POST",
    url: "/api/v2/write?precision=ms",
    headers: admin,
    payload: lines.join("\n"),
  });
  expect(answer.statusCode, answer.body).toBe(204);
  const siteOf = (name: string): string => server.catalogue.directory.sitesNamed(name)[0] ?? "";
  return { roof: siteOf("Roof"), barn: siteOf("Barn") };
}

describe("all latest values in one answer", () => {
  test("are those of every site, or of one", async () => {
    const { roof } = await pushed();
    const all = await latest("", admin);
    expect(all.items.map(({ value }) => value)).toStrictEqual([1.5, 2]);
    const [item] = (await latest(`?siteId=${roof}`, admin)).items;
    expect(item).toMatchObject({ name: "active_power", unit: "W", value: 1.5, time: "1970-01-01T00:00:01.000Z" });
  });

  test("are those that a key's sites leave of them", async () => {
    const { roof, barn } = await pushed();
    const made = await server.app.inject({
      method: "POST",
      url: "/api/v1/api-keys",
      headers: admin,
      payload: { name: "roof only", scopes: ["read"], siteIds: [roof] },
    });
    const key = { authorization: `Bearer ${made.json<{ key: string }>().key}` };
    expect((await latest("", key)).items.map(({ value }) => value)).toStrictEqual([1.5]);
    expect((await latest(`?siteId=${barn}`, key)).items).toStrictEqual([]);
  });

  test("are nobody's without signing in", async () => {
    expect((await server.app.inject({ method: "GET", url: "/api/v1/latest" })).statusCode).toBe(401);
  });
});
