import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { besideSockets } from "../../src/collect/beside-sockets.fixture.ts";
import { VENDORS } from "../../src/vendors/registry.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let headers: { authorization: string };

beforeEach(async () => {
  server = await startApiServer();
  headers = await server.signInAsAdmin();
});
afterEach(() => server.close());

interface Vendor {
  readonly id: string;
  readonly baseUrl: string | null;
  readonly credential: readonly {
    readonly name: string;
    readonly choices: readonly string[] | null;
    readonly default: string | null;
  }[];
}

interface Tested {
  readonly serialNumber: string | null;
  readonly sample: readonly { name: string; unit: string; kind: string; value: number; time: string }[];
}

describe("the vendors", () => {
  const list = async () => {
    const answer = await server.app.inject({ method: "GET", url: "/api/v1/vendors", headers });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<{ items: Vendor[] }>().items;
  };

  test("are all that can be connected", async () => {
    expect((await list()).map(({ id }) => id)).toEqual(VENDORS.map(({ id }) => id));
  });

  test("say what a credential holds, so that a form made of it is taken", async () => {
    for (const { id, credential } of await list()) {
      const filled = credential
        .filter((field) => field.default === null)
        .map(({ name }) => [name, "some-text"] as const);
      const vendor = VENDORS.find((each) => each.id === id);
      expect(vendor?.credential.safeParse(Object.fromEntries(filled)).success, id).toBe(true);
      for (const [name] of filled) {
        const without = filled.filter(([other]) => other !== name);
        expect(vendor?.credential.safeParse(Object.fromEntries(without)).success, `${id} without ${name}`).toBe(false);
      }
    }
  });

  test("say which part of a credential is one of a few words", async () => {
    const elecnova = (await list()).find(({ id }) => id === "elecnova");
    expect(elecnova?.baseUrl).toMatch(/^https:/);
    expect(elecnova?.credential.find(({ name }) => name === "apiProfile")).toEqual({
      name: "apiProfile",
      choices: ["live", "documented"],
      default: "live",
    });
  });
});

test("a test of an account that names a device brings what it says now, with units", async () => {
  const simulator = await startEnergyGridSimulator({ time: server.clock });
  onTestFinished(() => simulator.close());
  const payload = { vendor: "energygrid", baseUrl: simulator.url, credential: { token: simulator.token } };
  const testOf = async (more: object) => {
    const asked = {
      method: "POST",
      url: "/api/v1/connections/test",
      headers,
      payload: { ...payload, ...more },
    } as const;
    return (await besideSockets(server.clock, server.app.inject(asked))).json<Tested>();
  };
  const begunMs = server.clock.nowMs();
  const { serialNumber, sample } = await testOf({ serialNumber: "SN-000" });
  expect(serialNumber).toBe("SN-000");
  expect(sample.map(({ name, unit, kind }) => ({ name, unit, kind }))).toEqual([
    { name: "online", unit: "1", kind: "state" },
    { name: "active_power", unit: "W", kind: "gauge" },
  ]);
  for (const { value, time } of sample) {
    expect(Number.isFinite(value)).toBe(true);
    // Virtual time goes on while the machine works.
    expect(Date.parse(time)).toBeGreaterThan(begunMs - 60_000);
    expect(Date.parse(time)).toBeLessThan(server.clock.nowMs() + 60_000);
  }
  expect(await testOf({})).toMatchObject({ ok: true, serialNumber: null, sample: [] });
});
