import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemClock } from "../domain/clock.ts";
import { READING_TIME_MS } from "../domain/reading.ts";
import { AddressGuard } from "../transport/address-guard.ts";
import { leastSpanMs } from "../transport/budget.ts";
import { RETRIES_MAX } from "../transport/caller.ts";
import { VendorAddressRefused, VendorAuthRejected, VendorUnavailable } from "../transport/errors.ts";
import { openGuardedPool } from "../transport/guarded-pool.ts";
import { mostInAnyWindow, type VendorAnswer } from "../transport/virtual-vendor.ts";
import { discoveryContract } from "./contract-discovery.ts";
import { historyContract } from "./contract-history.ts";
import {
  type Behaviour,
  fleetOf,
  manyBatchesOf,
  openScene,
  type Scene,
  type SceneOptions,
  sweepAll,
  type VendorHarness,
} from "./contract-scene.ts";
import { secretsContract } from "./contract-secrets.ts";
import { sessionContract } from "./contract-session.ts";
import { planSweep } from "./plan.ts";
import type { LatestBatch } from "./vendor.ts";

/** The suite that every vendor's client passes, against a vendor that forgives nothing, in virtual time. */
export function vendorContract(name: string, harness: VendorHarness): void {
  const { definition, metrics } = harness;
  const { budgets, devicesPerBatch, requestsPerBatch } = definition.limits;
  const manyBatches = manyBatchesOf(harness);
  const fleet = (devices: number): string[] => fleetOf(harness, devices);
  const scene = (options: SceneOptions = {}): Scene => openScene(harness, options);

  describe(`${name} keeps the vendor contract`, () => {
    describe("readings", () => {
      test("every device is answered for once, in the metrics that the definition names", async () => {
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 0, max: 4 * devicesPerBatch }), async (devices) => {
            const stage = scene();
            const batches = await stage.clock.run(sweepAll(stage, fleet(devices)));
            expect(stage.seen("devices")).toHaveLength(planSweep({ devices, limits: definition.limits }).requests);
            expect(batches.flatMap(({ asked }) => asked).sort()).toEqual(fleet(devices).sort());
            for (const batch of batches) {
              expect(batch).toMatchObject({ missing: [], issues: [], failure: null });
              expectSound(batch);
            }
            for (const metric of metrics) {
              const told = batches.flatMap(({ readings }) => readings).filter((reading) => reading.metric === metric);
              expect(told.map(({ device }) => device).sort()).toEqual(fleet(devices).sort());
            }
          }),
          { numRuns: 20 },
        );
      });

      test("a device that is named twice is asked for once", async () => {
        const stage = scene();
        const [device = ""] = fleet(1);
        const batches = await stage.clock.run(sweepAll(stage, [device, device, device]));
        expect(batches.map(({ asked }) => asked)).toEqual([[device]]);
      });

      test("whatever JSON comes, it is told as readings, as missing, as an issue or as a failure", async () => {
        await fc.assert(
          fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
            const stage = scene({ behaviour: () => ({ status: 200, body }) });
            const batches = await stage.clock.run(sweepAll(stage, fleet(2)));
            expect(batches).toHaveLength(Math.ceil(2 / devicesPerBatch));
            for (const batch of batches) expectSound(batch);
          }),
          { numRuns: 50 },
        );
      });
    });

    describe("the limit", () => {
      test("is never broken where the vendor counts, whatever the network delays", async () => {
        const delay = fc.record({ requestMs: fc.nat(400), answerMs: fc.nat(400) });
        // More than a budget's worth where that is small, and few enough to be quick where it is large.
        const batches = Math.min(150, Math.max(12, 2 * Math.max(...budgets.map(({ requests }) => requests))));
        // Often at first; later seldom, or among so many one call would by chance fail each time that it is repeated.
        const fails = (index: number): boolean => index % (index < 40 ? 5 : 50) === 2;
        await fc.assert(
          fc.asyncProperty(fc.array(delay, { minLength: 1, maxLength: 20 }), fc.boolean(), async (delays, faulty) => {
            let sent = 0;
            const stage = scene({
              delays: () => delays[sent++ % delays.length] ?? { requestMs: 0, answerMs: 0 },
              behaviour: ({ index }) => (faulty && fails(index) ? { status: 500, body: "" } : undefined),
            });
            const devices = fleet(batches * devicesPerBatch);
            const told = await stage.clock.run(Promise.all([sweepAll(stage, devices), sweepAll(stage, devices)]));
            expect(stage.refusals()).toBe(0);
            expect(told.flat().filter(({ failure }) => failure)).toHaveLength(0);
            const seenAtMs = stage.network.seen.map((request) => request.seenAtMs);
            for (const { requests, perMs } of budgets) {
              expect(mostInAnyWindow(seenAtMs, perMs)).toBeLessThanOrEqual(requests);
            }
          }),
          { numRuns: batches > 100 ? 8 : 25 },
        );
      });

      test("is not wasted: a sweep takes exactly what the plan says", async () => {
        const devices = manyBatches * devicesPerBatch;
        const stage = scene();
        await stage.clock.run(sweepAll(stage, fleet(devices)));
        const plan = planSweep({ devices, limits: definition.limits });
        const before = stage.network.seen.length - plan.requests;
        expect(before).toBeLessThanOrEqual(2);
        expect(stage.clock.monotonicMs()).toBe(leastSpanMs(plan.requests + before, budgets));
        if (before === 0) expect(stage.clock.monotonicMs()).toBe(plan.spanMs);
      });

      test("counts as spent after a restart", async () => {
        const stage = scene({ budgetSpent: true });
        await stage.clock.run(sweepAll(stage, fleet(1)));
        expect(stage.network.seen[0]?.seenAtMs).toBe(Math.max(...budgets.map(({ perMs }) => perMs)));
      });

      test("a refusal with Retry-After holds every request until then", async () => {
        const held: VendorAnswer = { ...harness.tooMany, headers: { "retry-after": "9" } };
        const stage = scene({ behaviour: ({ index }) => (index === 0 ? held : undefined) });
        const batches = await stage.clock.run(sweepAll(stage, fleet(3 * devicesPerBatch)));
        expect(batches.filter(({ failure }) => failure)).toHaveLength(0);
        const [first, ...rest] = stage.network.seen.map(({ seenAtMs }) => seenAtMs);
        expect(first).toBe(0);
        expect(Math.min(...rest)).toBeGreaterThanOrEqual(9000);
      });
    });

    describe("failures", () => {
      test("a wrong credential ends the sweep after one request", async () => {
        const stage = scene({ credential: harness.wrongCredential });
        const sweeping = sweepAll(stage, fleet(3 * devicesPerBatch));
        await expect(stage.clock.run(sweeping)).rejects.toBeInstanceOf(VendorAuthRejected);
        await stage.clock.advance(60_000);
        expect(stage.network.seen).toHaveLength(1);
      });

      test("an address that may not be called ends the sweep: every request goes through what the account was given", async () => {
        const baseUrl = "http://127.0.0.1:9/base/";
        const dispatcher = openGuardedPool(baseUrl, new AddressGuard({ listed: [], setting: "THE_SETTING" }));
        const account = { baseUrl, credential: harness.credential, clock: systemClock, dispatcher };
        const client = definition.open(account);
        try {
          const sweeping = sweepAll({ client }, fleet(3 * devicesPerBatch));
          await expect(sweeping).rejects.toBeInstanceOf(VendorAddressRefused);
        } finally {
          await client.close();
          await dispatcher.destroy();
        }
      });

      test("a request that fails for good is told with its devices, and the rest goes on", async () => {
        const [broken = ""] = fleet(1);
        const stage: Scene = scene({
          behaviour: (request, purpose) =>
            purpose === "devices" && stage.vendor.asked(request).includes(broken)
              ? { status: 502, body: "bad gateway" }
              : undefined,
        });
        const devices = fleet(5 * devicesPerBatch);
        const batches = await stage.clock.run(sweepAll(stage, devices));
        const failed = batches.filter(({ failure }) => failure);
        expect(failed).toHaveLength(1);
        expect(failed[0]).toMatchObject({
          readings: [],
          missing: [],
          failure: { attempts: 1 + RETRIES_MAX, status: 502 },
        });
        expect(failed[0]?.failure).toBeInstanceOf(VendorUnavailable);
        expect(failed[0]?.asked).toContain(broken);
        expect(batches.flatMap(({ asked }) => asked).sort()).toEqual(devices.sort());
        expect(stage.refusals()).toBe(0);
      });

      test("an attempt that is repeated is signed anew", async () => {
        const stage = scene({ behaviour: (_, purpose, nth) => (purpose === "devices" && nth < 2 ? "cut" : undefined) });
        await stage.clock.run(sweepAll(stage, fleet(1)));
        const attempts = stage.seen("devices").slice(0, 3);
        const proofs = attempts.map((request) => stage.vendor.proof(request)).filter((proof) => proof !== undefined);
        expect(stage.seen("devices")).toHaveLength(2 + requestsPerBatch);
        expect(new Set(proofs).size).toBe(proofs.length);
        expect(attempts.every((request) => stage.vendor.isAuthentic(request, request.wallMs))).toBe(true);
      });

      test("a total outage is told for every device, and asks little more than a healthy sweep would", async () => {
        const requests = 60;
        const stage = scene({ behaviour: () => "cut" });
        const batches = await stage.clock.run(sweepAll(stage, fleet(requests * devicesPerBatch)));
        expect(batches.filter(({ failure }) => failure)).toHaveLength(requests);
        expect(stage.network.seen.length).toBeLessThan(requests * 1.5);
      });
    });

    describe("stopping", () => {
      const reason = new Error("enough");

      test.each<[string, Behaviour, number]>([
        ["while a request is open", () => "never", 200],
        ["while requests wait for the limit", () => undefined, 500],
        ["between two attempts", () => ({ status: 503, headers: { "retry-after": "50" }, body: "" }), 2500],
      ])("%s is done at once, with the signal's reason", async (_name, behaviour, atMs) => {
        const stage = scene({ behaviour });
        const stop = new AbortController();
        const sweeping = sweepAll(stage, fleet(manyBatches * devicesPerBatch), stop.signal);
        sweeping.catch(() => {});
        await stage.clock.advance(atMs);
        const sent = stage.network.seen.length;
        stop.abort(reason);
        await expect(sweeping).rejects.toBe(reason);
        await stage.clock.advance(600_000);
        expect(stage.network.seen).toHaveLength(sent);
      });

      test("a signal that is aborted already lets nothing out", async () => {
        const stage = scene();
        await expect(sweepAll(stage, fleet(1), AbortSignal.abort(reason))).rejects.toBe(reason);
        expect(stage.network.seen).toHaveLength(0);
      });

      test("a consumer that has seen enough ends the sweep", async () => {
        const stage = scene();
        const looking = (async () => {
          for await (const batch of stage.client.readLatest(fleet(manyBatches * devicesPerBatch))) return batch;
          return null;
        })();
        expect(await stage.clock.run(looking)).not.toBeNull();
        const sent = stage.network.seen.length;
        await stage.clock.advance(600_000);
        expect(stage.network.seen).toHaveLength(sent);
      });

      test("closing ends what is open; closing again is no error", async () => {
        const stage = scene({ behaviour: () => "never" });
        const sweeping = sweepAll(stage, fleet(2 * devicesPerBatch));
        sweeping.catch(() => {});
        await stage.clock.advance(1);
        await stage.client.close();
        await stage.client.close();
        await expect(sweeping).rejects.toMatchObject({ name: "AbortError" });
      });
    });

    historyContract(harness);
    sessionContract(harness);
    secretsContract(harness);
    discoveryContract(harness);
  });

  function expectSound(batch: LatestBatch): void {
    const asked = new Set(batch.asked);
    for (const { device, metric, timeMs, value } of batch.readings) {
      expect(asked.has(device)).toBe(true);
      expect(metrics).toContain(metric);
      expect(Number.isInteger(timeMs) && timeMs >= READING_TIME_MS.min && timeMs <= READING_TIME_MS.max).toBe(true);
      expect(Number.isFinite(value)).toBe(true);
    }
    if (batch.failure) {
      expect(batch).toMatchObject({ readings: [], missing: [] });
    } else {
      const told = [...batch.readings, ...batch.issues].map(({ device }) => device);
      const known = new Set([...told, ...batch.missing]);
      expect(batch.asked.filter((device) => !known.has(device))).toEqual([]);
    }
  }
}
