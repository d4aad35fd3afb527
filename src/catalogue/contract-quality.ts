import { beforeEach, describe, expect, test } from "vitest";
import { InvalidInput, NotFound } from "../domain/errors.ts";
import { ACTIVE_POWER, ONLINE } from "../domain/metric.ts";
import type { DeviceScan, MetricFinding } from "../domain/quality.ts";
import type { ContractDatabase } from "./contract.ts";
import { CONNECTION, inverter, Scene, SITE } from "./contract-scene.ts";

const HOUR_MS = 3_600_000;
const found = (fromH: number, toH: number | null, changes: Partial<MetricFinding> = {}): MetricFinding => ({
  rule: "flat_lined",
  metricId: "m",
  fromMs: fromH * HOUR_MS,
  toMs: toH === null ? null : toH * HOUR_MS,
  evidence: { value: 1 },
  ...changes,
});

/** How findings become events, on any database. */
export function qualityContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: quality events`, () => {
    const scene = new Scene(make);
    let siteId = "";
    let deviceId = "";

    beforeEach(async () => {
      const { devices, sites } = scene.catalogue;
      siteId = (await sites.create(SITE)).id;
      deviceId = (await devices.createAll([inverter(siteId, "A")], [ACTIVE_POWER]))[0]?.id ?? "";
    });

    const record = (findings: readonly MetricFinding[], changes: Partial<DeviceScan> = {}) =>
      scene.catalogue.qualityEvents.record({
        deviceId,
        findings,
        rules: new Set(["flat_lined", "missing"]),
        metricIds: new Set(["m", null]),
        fromMs: 0,
        toMs: 24 * HOUR_MS,
        isLive: false,
        ...changes,
      });
    const events = async () => (await scene.catalogue.qualityEvents.list({ deviceId }, {}, { limit: 100 })).items;
    const spans = async () =>
      (await events()).map(({ fromMs, toMs }) => [fromMs / HOUR_MS, toMs === null ? null : toMs / HOUR_MS]);

    test("come back as they were found, also after a restart", async () => {
      const evidence = { value: 0.1 + 0.2, looks: "dead" };
      expect(await record([found(1, 2, { evidence }), found(3, null, { rule: "missing", metricId: null })])).toEqual({
        added: 2,
      });
      const foundAtMs = scene.clock.nowMs();
      await scene.reopen();
      expect(await events()).toMatchObject([
        { deviceId, foundAtMs, ...found(1, 2, { evidence }) },
        { deviceId, foundAtMs, ...found(3, null, { rule: "missing", metricId: null }) },
      ]);
    });

    test("found again are the same, with more of it longer, and with the newest evidence", async () => {
      await record([found(1, 2)]);
      const [before] = await events();
      scene.clock.jumpWall(HOUR_MS);
      expect(await record([found(1, 2)])).toEqual({ added: 0 });
      expect(await events()).toEqual([before]);
      expect(await record([found(2, 5, { evidence: { value: 2 } })])).toEqual({ added: 0 });
      expect(await events()).toEqual([{ ...before, toMs: 5 * HOUR_MS, evidence: { value: 2 } }]);
      await record([found(0, 1)]);
      expect(await spans()).toEqual([[0, 5]]);
    });

    test("of another rule, metric or time are others; what joins two makes them one", async () => {
      await record([found(1, 2), found(5, 6), found(1, 2, { rule: "missing" }), found(1, 2, { metricId: null })]);
      expect(await events()).toHaveLength(4);
      expect(await record([found(2, 5)])).toEqual({ added: 0 });
      expect((await events()).filter(({ rule, metricId }) => rule === "flat_lined" && metricId === "m")).toMatchObject([
        found(1, 6),
      ]);
      expect(await events()).toHaveLength(3);
    });

    test("that go on are ended by the scan that saw the end, or that is live and saw nothing", async () => {
      await record([found(1, null)], { isLive: true });
      await record([found(3, null)], { isLive: true });
      expect(await spans()).toEqual([[1, null]]);
      await record([found(3, 20)], { isLive: true });
      expect(await spans()).toEqual([[1, 20]]);
      await record([found(22, null)], { isLive: true });
      await record([], { isLive: true, toMs: 30 * HOUR_MS });
      expect(await spans()).toEqual([
        [1, 20],
        [22, 30],
      ]);
    });

    test("that go on stay so when history ends with them, and when others were looked at", async () => {
      await record([found(1, null)], { isLive: true });
      await record([found(2, 10)], { toMs: 10 * HOUR_MS });
      await record([], { isLive: true, rules: new Set(["missing"]) });
      await record([], { isLive: true, metricIds: new Set(["other"]) });
      await record([]);
      expect(await spans()).toEqual([[1, null]]);
      await record([found(2, 9)], { toMs: 10 * HOUR_MS });
      expect(await spans()).toEqual([[1, 9]]);
    });

    test("are listed by site and device, time, rule and whether they go on, page after page", async () => {
      const { devices, qualityEvents, sites } = scene.catalogue;
      const other = (await devices.createAll([inverter(siteId, "B")], [ACTIVE_POWER]))[0]?.id ?? "";
      await record([found(1, 2), found(5, 6), found(8, null, { rule: "missing" })]);
      await record([found(5, 6)], { deviceId: other });
      const list = async (filter: Parameters<typeof qualityEvents.list>[1]) =>
        (await qualityEvents.list({ siteId }, filter, { limit: 10 })).items.map(({ fromMs }) => fromMs / HOUR_MS);
      expect(await list({})).toEqual([1, 5, 8, 5]);
      expect(await list({ fromMs: 2 * HOUR_MS })).toEqual([5, 8, 5]);
      expect(await list({ toMs: 5 * HOUR_MS })).toEqual([1]);
      expect(await list({ rule: "missing" })).toEqual([8]);
      expect(await list({ isOpen: true })).toEqual([8]);
      expect(await list({ isOpen: false })).toEqual([1, 5, 5]);
      expect(await qualityEvents.list({ siteId: (await sites.create(SITE)).id }, {}, { limit: 10 })).toEqual({
        items: [],
        nextCursor: null,
      });

      const first = await qualityEvents.list({ siteId }, {}, { limit: 3 });
      const rest = await qualityEvents.list({ siteId }, {}, { limit: 3, cursor: first.nextCursor ?? "" });
      expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([3, 1, null]);
      await expect(qualityEvents.list({ siteId }, {}, { limit: 3, cursor: "mine" })).rejects.toThrow(InvalidInput);
    });

    test("go with their device, and there are none of one that is gone", async () => {
      await record([found(1, 2)]);
      await scene.catalogue.devices.delete(deviceId);
      expect(await events()).toEqual([]);
      await expect(record([found(1, 2)])).rejects.toThrow(NotFound);
    });

    test("are sought in sites with all that it takes", async () => {
      const { connections, devices, judgedSites } = scene.catalogue;
      const unit = { ...inverter(siteId, "C"), connectionId: null };
      await connections.create(CONNECTION, { key: "k" }, [unit], [ACTIVE_POWER, ONLINE]);
      expect(await judgedSites.ids()).toEqual([siteId]);
      const site = await judgedSites.get(siteId);
      expect(site).toMatchObject({
        timezone: SITE.timezone,
        place: { latitude: SITE.latitude, longitude: SITE.longitude },
        devices: [
          { id: deviceId, kind: "inverter", ratedPowerW: 5_000, pollIntervalMs: null, metrics: [ACTIVE_POWER] },
          { pollIntervalMs: CONNECTION.pollIntervalMs, metrics: [ACTIVE_POWER, ONLINE] },
        ],
      });
      await devices.delete(deviceId);
      expect((await judgedSites.get(siteId)).devices).toHaveLength(1);
      await expect(judgedSites.get("none")).rejects.toThrow(NotFound);
    });
  });
}
