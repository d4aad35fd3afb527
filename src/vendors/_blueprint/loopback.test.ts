import { expect, test } from "vitest";
import { CLIENT_ID, CLIENT_SECRET, startBlueprintSimulator } from "../../../simulators/_blueprint/server.ts";
import { VendorAuthRejected } from "../../transport/errors.ts";
import type { LatestBatch } from "../vendor.ts";
import { BlueprintClient, type BlueprintOptions } from "./index.ts";

const DEVICES = Array.from({ length: 100 }, (_, number) => `M-${String(number).padStart(3, "0")}`);

function open(baseUrl: string, credential: Partial<BlueprintOptions> = {}): BlueprintClient {
  // Every wait before another attempt is as short as it may be.
  return new BlueprintClient({
    baseUrl,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    random: () => 0,
    ...credential,
  });
}

async function read(client: BlueprintClient, devices: readonly string[] = DEVICES): Promise<LatestBatch[]> {
  const batches: LatestBatch[] = [];
  for await (const batch of client.readLatest(devices)) batches.push(batch);
  return batches;
}

test("over a bad network every device is read once, and the vendor has nothing to complain of", async () => {
  await using simulator = await startBlueprintSimulator();
  await using client = open(simulator.url);
  // The login is behind us: it alone would use up all the faults.
  await read(client, ["M-000"]);
  await simulator.setFaults({ storm: { next: 1 }, reset: { next: 1 }, "server-error": { next: 1 }, cut: { next: 1 } });
  const batches = await read(client);
  expect(batches.filter(({ failure }) => failure)).toEqual([]);
  const powers = batches.flatMap(({ readings }) => readings).filter(({ metric }) => metric.name === "active_power");
  expect(new Map(powers.map(({ device, value }) => [device, value]))).toEqual(
    new Map(DEVICES.map((device, number) => [device, number])),
  );
  expect(powers).toHaveLength(DEVICES.length);
  expect(simulator.counters.struck).toBe(3);
  expect([...simulator.violations]).toEqual([]);
});

test("a token that is revoked is replaced; a device that the vendor does not know is missing", async () => {
  await using simulator = await startBlueprintSimulator();
  await using client = open(simulator.url);
  await read(client, ["M-000"]);
  simulator.revokeTokens();
  const [batch] = await read(client, ["M-001", "X-1"]);
  expect(batch).toMatchObject({ missing: ["X-1"], issues: [], failure: null });
  expect(simulator.counters.unauthorised).toBe(1);
});

test("the past of a day is told value by value, and a device that may not be shown as refused", async () => {
  await using simulator = await startBlueprintSimulator();
  await using client = open(simulator.url);
  const toMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const window = { devices: ["M-003", "M-901"], fromMs: toMs - 86_400_000, toMs };
  const { readings, refused, issues } = await client.readHistory(window, { lane: "history" });
  expect(readings.map(({ timeMs }) => timeMs)).toEqual(
    Array.from({ length: 288 }, (_, index) => window.fromMs + index * 300_000),
  );
  expect(new Set(readings.map(({ device, value }) => `${device} ${value}`))).toEqual(new Set(["M-003 3"]));
  expect([refused, issues]).toEqual([["M-901"], []]);
  expect([...simulator.violations]).toEqual([]);
});

test("a wrong secret ends the sweep after one request", async () => {
  await using simulator = await startBlueprintSimulator();
  await using client = open(simulator.url, { clientSecret: "wrong" });
  await expect(read(client)).rejects.toBeInstanceOf(VendorAuthRejected);
  expect(simulator.counters.seen).toBe(1);
});
