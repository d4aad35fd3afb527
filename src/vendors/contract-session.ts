import { describe, expect, test } from "vitest";
import { VendorAuthRejected, VendorProtocolError } from "../transport/errors.ts";
import {
  fleetOf,
  manyBatchesOf,
  openScene,
  type Scene,
  type SceneOptions,
  sweepAll,
  type VendorHarness,
} from "./contract-scene.ts";
import type { LatestBatch } from "./vendor.ts";

const CLOCK_SKEWS_MS = [-900_000, -120_000, 120_000, 900_000];

/** The part of the suite that is about tokens and the time in signatures; left out for a vendor that has none. */
export function sessionContract(harness: VendorHarness): void {
  const { devicesPerBatch, requestsPerBatch } = harness.definition.limits;
  const manyBatches = manyBatchesOf(harness);
  const fleet = (devices: number): string[] => fleetOf(harness, devices);
  const scene = (options: SceneOptions = {}): Scene => openScene(harness, options);

  describe.runIf(harness.tokenLifetimeMs !== null)("the login", () => {
    const lifetimeMs = harness.tokenLifetimeMs ?? 0;
    const crowd = (stage: Scene): Promise<LatestBatch[][]> =>
      stage.clock.run(
        Promise.all(Array.from({ length: 1000 }, (_, number) => sweepAll(stage, [harness.device(number)]))),
      );
    const failed = (batches: LatestBatch[][]): LatestBatch[] => batches.flat().filter(({ failure }) => failure);

    test("is one for 1,000 who find their token expired at once, and one more for 1,000 who find it revoked", async () => {
      const stage = scene();
      await stage.clock.run(sweepAll(stage, fleet(1)));
      await stage.clock.advance(lifetimeMs + 1);
      expect(failed(await crowd(stage))).toEqual([]);
      expect(stage.seen("login")).toHaveLength(2);
      stage.vendor.revokeTokens();
      expect(failed(await crowd(stage))).toEqual([]);
      expect(stage.seen("login")).toHaveLength(3);
      expect(stage.refusals()).toBe(0);
    });

    test("is renewed before its time, and not long before", async () => {
      const stage = scene();
      for (let quarter = 0; quarter < 40; quarter++) {
        await stage.clock.run(sweepAll(stage, fleet(1)));
        await stage.clock.advance(lifetimeMs / 4);
      }
      expect(stage.seen("devices")).toHaveLength(40 * requestsPerBatch);
      expect(stage.seen("login").length).toBeLessThanOrEqual(14);
    });

    test("that brings no token that is taken ends after one more try", async () => {
      const stage = scene({ behaviour: (_, purpose) => (purpose === "devices" ? harness.unauthorised : undefined) });
      const sweeping = sweepAll(stage, fleet(1));
      await expect(stage.clock.run(sweeping)).rejects.toMatchObject({ name: "VendorAuthRejected", attempts: 2 });
      expect(stage.seen("login")).toHaveLength(2);
      expect(stage.seen("devices")).toHaveLength(2);
    });

    test.each(["null", "[]", "{}", '{"token":7}', "no JSON"])("that answers %s is told as a failure", async (body) => {
      const stage = scene({ behaviour: (_, purpose) => (purpose === "login" ? { status: 200, body } : undefined) });
      const [batch] = await stage.clock.run(sweepAll(stage, fleet(1)));
      expect(batch?.failure).toBeInstanceOf(VendorProtocolError);
    });
  });

  describe.runIf(harness.signsTime)("a clock that is wrong", () => {
    test.each(CLOCK_SKEWS_MS)("by %d ms is learned from one refusal", async (vendorAheadMs) => {
      const stage = scene({ vendorAheadMs });
      const batches = await stage.clock.run(sweepAll(stage, fleet(5 * devicesPerBatch)));
      expect(batches.filter(({ failure }) => failure)).toEqual([]);
      const again = await stage.clock.run(sweepAll(stage, fleet(5 * devicesPerBatch)));
      expect(again.filter(({ failure }) => failure)).toEqual([]);
      const signs = stage.network.seen.filter((request) => stage.vendor.proof(request) !== undefined);
      expect(
        signs.filter((request) => !stage.vendor.isAuthentic(request, request.wallMs + vendorAheadMs)),
      ).toHaveLength(1);
    });

    test("and set right later is learned again", async () => {
      const stage = scene({ vendorAheadMs: 900_000 });
      await stage.clock.run(sweepAll(stage, fleet(1)));
      stage.clock.jumpWall(900_000);
      const batches = await stage.clock.run(sweepAll(stage, fleet(1)));
      expect(batches.filter(({ failure }) => failure)).toEqual([]);
    });

    test.runIf(harness.tokenLifetimeMs !== null).each([
      ["at once", () => ({ requestMs: 0, answerMs: 0 })],
      ["over a slow network", (sent: number) => ({ requestMs: (sent * 37) % 200, answerMs: (sent * 73) % 200 })],
    ])("and a token that is revoked meanwhile are both found out, %s", async (_name, delay) => {
      let sent = 0;
      const stage = scene({ delays: () => delay(sent++) });
      await stage.clock.run(sweepAll(stage, fleet(1)));
      stage.clock.jumpWall(-900_000);
      stage.vendor.revokeTokens();
      const batches = await stage.clock.run(sweepAll(stage, fleet(manyBatches * devicesPerBatch)));
      expect(batches.filter(({ failure }) => failure)).toEqual([]);
      // The last of them once more, signed with the right time.
      expect(stage.seen("login").length).toBeLessThanOrEqual(3);
    });

    test("does not make a wrong secret be tried for ever", async () => {
      const stage = scene({ vendorAheadMs: 900_000, credential: harness.wrongCredential });
      const sweeping = sweepAll(stage, fleet(3 * devicesPerBatch));
      await expect(stage.clock.run(sweeping)).rejects.toBeInstanceOf(VendorAuthRejected);
      expect(stage.network.seen).toHaveLength(2);
    });
  });
}
