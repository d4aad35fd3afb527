import { describe, expect, test } from "vitest";
import { VendorAuthRejected, VendorError } from "../transport/errors.ts";
import { fleetOf, openScene, type Scene, type SceneOptions, sweepAll, type VendorHarness } from "./contract-scene.ts";
import type { DiscoveredDevice } from "./vendor.ts";

/** What listing an account's devices must do, for the vendors that can. */
export function discoveryContract(harness: VendorHarness): void {
  const { definition, listed = 0 } = harness;
  const scene = (options: SceneOptions = {}): Scene => openScene(harness, options);
  const discover = async ({ client }: Scene, signal?: AbortSignal): Promise<readonly DiscoveredDevice[]> =>
    (await client.discover?.(signal)) ?? [];

  test("a client lists devices exactly when its definition says so", () => {
    expect(scene().client.discover !== undefined).toBe(definition.discovers);
    expect(listed > 0).toBe(definition.discovers);
  });

  describe.runIf(definition.discovers)("discovery", () => {
    test("lists each device once, by the id and with the metrics that polling it has, within the limit", async () => {
      const stage = scene({ delays: () => ({ requestMs: 20, answerMs: 20 }) });
      const devices = await stage.clock.run(discover(stage));
      const polled = devices.filter(({ metrics }) => metrics.length > 0);
      expect(polled.map(({ serialNumber }) => serialNumber).sort()).toEqual(fleetOf(harness, listed).sort());
      expect(new Set(devices.map(({ serialNumber }) => serialNumber)).size).toBe(devices.length);
      expect(devices.filter(({ name }) => name.trim() === "")).toEqual([]);
      const metricsOf = new Map(polled.map(({ serialNumber, metrics }) => [serialNumber, metrics]));
      const asked = polled.slice(0, 30).map(({ serialNumber }) => serialNumber);
      const batches = await stage.clock.run(sweepAll(stage, asked));
      for (const { device, metric } of batches.flatMap(({ readings }) => readings)) {
        expect(metricsOf.get(device)).toContainEqual(metric);
      }
      expect(batches.flatMap(({ missing }) => missing)).toEqual([]);
      expect(stage.refusals()).toBe(0);
    });

    test("is all or nothing: a list that breaks off would report devices as gone", async () => {
      const stage = scene({ behaviour: (_request, purpose) => (purpose === "lookup" ? "cut" : undefined) });
      await expect(stage.clock.run(discover(stage))).rejects.toBeInstanceOf(VendorError);
    });

    test("a wrong credential ends it after one request", async () => {
      const stage = scene({ credential: harness.wrongCredential });
      await expect(stage.clock.run(discover(stage))).rejects.toBeInstanceOf(VendorAuthRejected);
      expect(stage.network.seen).toHaveLength(1);
    });

    test("stops at once when it is aborted", async () => {
      const stage = scene({ behaviour: (_request, purpose) => (purpose === "login" ? undefined : "never") });
      const stop = new AbortController();
      const discovering = discover(stage, stop.signal);
      discovering.catch(() => {});
      await stage.clock.advance(100);
      const reason = new Error("enough");
      stop.abort(reason);
      await expect(discovering).rejects.toBe(reason);
    });
  });
}
