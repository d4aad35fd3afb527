import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let authorization = "";
beforeEach(async () => {
  server = await startApiServer();
  const { text } = await server.catalogue.apiKeys.create({
    name: "pusher",
    scopes: ["ingest"],
    siteIds: null,
    expiresAtMs: null,
    ingest: INGEST_SETTINGS_DEFAULT,
  });
  authorization = `Bearer ${text}`;
});
afterEach(() => server.close());

async function write(...lines: readonly string[]): Promise<void> {
  const payload = lines.map((line) => `${line} 1000`).join("\n");
  const url = "/api/v2/write?precision=ms";
  const answer = await server.app.inject({ method: "POST", url, payload, headers: { authorization } });
  expect(answer.statusCode, answer.body).toBe(204);
}

/** Metrics as `name unit = value`. */
async function stored(): Promise<string[]> {
  const devices = await server.catalogue.devices.all();
  return devices
    .flatMap(({ id }) => server.catalogue.directory.allOfDevice(id))
    .map(({ metricName, unit, series }) => `${metricName} ${unit} = ${server.store.latest(series)?.value}`)
    .sort();
}

describe("the tag unit of line protocol", () => {
  test("is the unit of a metric that it creates", async () => {
    await write("dc_power,device=D,unit=kW value=1", "clearness,device=D value=2");
    expect(await stored()).toEqual(["clearness 1 = 2", "dc_power kW = 1"]);
  });

  test("leaves the metric the same, sent or not", async () => {
    await write("dc_power,device=D,unit=kW value=1");
    await write("dc_power,device=D,unit=kW value=2");
    await write("dc_power,device=D value=3");
    expect(await stored()).toEqual(["dc_power kW = 3"]);
  });

  test("keeps numbers of two units apart, in one body and in two", async () => {
    await write("dc_power,device=D,unit=kW value=1", "dc_power,device=D,unit=W value=1000");
    await write("dc_power,device=D,unit=W value=2000", "dc_power,device=D,unit=MW value=0.1");
    expect(await stored()).toEqual(["dc_power kW = 1", "dc_power{unit=MW} MW = 0.1", "dc_power{unit=W} W = 2000"]);
  });

  test("never gives a metric that Kilowatch knows another unit than its own", async () => {
    await write("active_power,device=D,unit=kW value=1", "voltage,device=D,unit=V value=230");
    await write("active_power,device=D value=5", "active_power,device=D,unit=kW value=2");
    expect(await stored()).toEqual(["active_power W = 5", "active_power{unit=kW} kW = 2", "voltage V = 230"]);
  });
});
