import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { READING_TIME_MS } from "../domain/reading.ts";
import { leastSpanMs } from "../transport/budget.ts";
import { RETRIES_MAX } from "../transport/caller.ts";
import { VendorAuthRejected, VendorProtocolError, VendorUnavailable } from "../transport/errors.ts";
import { mostInAnyWindow, type SeenRequest, type VendorAnswer } from "../transport/virtual-vendor.ts";
import {
  type Behaviour,
  openScene,
  type Purpose,
  type Scene,
  type SceneOptions,
  sweepAll,
  type VendorHarness,
} from "./contract-scene.ts";
import { planSweep } from "./plan.ts";
import type { LatestBatch } from "./vendor.ts";

const PURPOSES: readonly Purpose[] = ["login", "lookup", "devices"];
const CLOCK_SKEWS_MS = [-900_000, -120_000, 120_000, 900_000];

/** The suite that every vendor's client passes, against a vendor that forgives nothing, in virtual time. */
export function vendorContract(name: string, harness: VendorHarness): void {
  const { definition, metrics } = harness;
  const { budgets, devicesPerBatch, requestsPerBatch } = definition.limits;
  /** So many that the limit holds up the last. */
  const manyBatches = 30 * Math.ceil(Math.max(...budgets.map(({ requests }) => requests)) / 10);
  const fleet = (devices: number): string[] => Array.from({ length: devices }, (_, index) => harness.device(index));

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

      test.each(["null", "[]", "{}", '{"token":7}', "no JSON"])(
        "that answers %s is told as a failure",
        async (body) => {
          const stage = scene({ behaviour: (_, purpose) => (purpose === "login" ? { status: 200, body } : undefined) });
          const [batch] = await stage.clock.run(sweepAll(stage, fleet(1)));
          expect(batch?.failure).toBeInstanceOf(VendorProtocolError);
        },
      );
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

    describe("secrets", () => {
      test.each([200, 302, 400, 401, 429, 500])(
        "show in no dump when a vendor repeats them with HTTP %d",
        async (status) => {
          for (const credential of [harness.credential, harness.wrongCredential]) {
            for (const from of PURPOSES) {
              const secrets = (): readonly string[] => [...harness.secrets(credential), ...stage.vendor.tokens()];
              const echo = (request: SeenRequest): VendorAnswer => {
                const body = JSON.stringify({
                  error: request.headers,
                  secrets: secrets(),
                  url: encodeURIComponent(secrets().join(" ")),
                });
                return { status, body, headers: { location: body, "x-request-id": body } };
              };
              const echoes = (purpose: Purpose): boolean => PURPOSES.indexOf(purpose) >= PURPOSES.indexOf(from);
              const stage: Scene = scene({
                credential,
                behaviour: (request, purpose) => (echoes(purpose) ? echo(request) : undefined),
              });
              const outcome = await stage.clock.run(sweepAll(stage, fleet(1)).catch((error: unknown) => error));
              expectNoneOf(secrets(), outcome);
              expectNoneOf(secrets(), stage.client);
            }
          }
        },
      );

      test("show in no dump of the definition's refusal of a broken credential", () => {
        const broken = { ...harness.credential, unknown: "x" };
        const refusal = definition.credential.safeParse(broken);
        expect(refusal.success).toBe(false);
        expectNoneOf(harness.secrets(harness.credential), refusal.error);
      });
    });
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

  function expectNoneOf(secrets: readonly string[], value: unknown): void {
    const everything = { depth: Number.POSITIVE_INFINITY, showHidden: true };
    const dump = [
      inspect(value, everything),
      JSON.stringify(value),
      String(value),
      value instanceof Error ? value.stack : "",
    ].join();
    for (const secret of secrets) expect(dump).not.toContain(secret);
  }
}
