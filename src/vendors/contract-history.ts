import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VendorAuthRejected, VendorError, VendorUnavailable } from "../transport/errors.ts";
import type { Lane } from "../transport/lanes.ts";
import {
  fleetOf,
  manyBatchesOf,
  openScene,
  PAST_FROM_MS,
  type Scene,
  type SceneOptions,
  sweepAll,
  type VendorHarness,
} from "./contract-scene.ts";
import type { HistoryAnswer, HistoryWindow } from "./vendor.ts";

/** The part of the suite that is about a vendor's past; left out for one that keeps none. */
export function historyContract(harness: VendorHarness): void {
  const { history: limits } = harness.definition;
  const told = harness.history;

  test("a vendor says of its past what the suite knows of it", () => {
    expect(told === undefined).toBe(limits === null);
    expect("readHistory" in openScene(harness, {}).client).toBe(limits !== null);
  });
  if (!limits || !told) return;

  const { devicesPerWindow, requestsPerWindow, valuesEveryMs, windowMsMax } = limits;
  const scene = (options: SceneOptions = {}): Scene => openScene(harness, options);
  const fromMs = Math.ceil(Date.UTC(2026, 5, 1) / valuesEveryMs) * valuesEveryMs;
  const windowOf = (values: number, devices = devicesPerWindow, startMs = fromMs): HistoryWindow => ({
    devices: fleetOf(harness, devices),
    fromMs: startMs,
    toMs: startMs + values * valuesEveryMs,
  });

  function read(
    { client }: Scene,
    window: HistoryWindow,
    how?: { readonly signal?: AbortSignal; readonly lane?: Lane },
  ): Promise<HistoryAnswer> {
    if (!client.readHistory) throw new Error("the definition says that there is a past");
    return client.readHistory(window, how);
  }

  const asText = ({ readings }: HistoryAnswer): string[] =>
    readings.map(({ device, timeMs }) => `${device} ${timeMs}`).sort();

  function expected({ devices, fromMs: startMs, toMs }: HistoryWindow): string[] {
    const times: number[] = [];
    for (let timeMs = Math.ceil(startMs / valuesEveryMs) * valuesEveryMs; timeMs < toMs; timeMs += valuesEveryMs) {
      if (timeMs >= PAST_FROM_MS) times.push(timeMs);
    }
    return devices.flatMap((device) => times.map((timeMs) => `${device} ${timeMs}`)).sort();
  }

  describe("the past", () => {
    test("is told from the window's start on, up to and without its end, for every device", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: devicesPerWindow }),
          fc.integer({ min: 1, max: windowMsMax }),
          fc.integer({ min: -windowMsMax, max: windowMsMax }),
          async (devices, lengthMs, startsMs) => {
            const stage = scene();
            const startMs = fromMs + startsMs;
            const window = { devices: fleetOf(harness, devices), fromMs: startMs, toMs: startMs + lengthMs };
            const answer = await stage.clock.run(read(stage, window));
            expect(asText(answer)).toEqual(expected(window));
            expect(answer).toMatchObject({ issues: [], refused: [] });
            for (const { metric } of answer.readings) expect(metric).toEqual(told.metric);
          },
        ),
        { numRuns: 20 },
      );
    });

    test("of the longest window, and of two that touch, is told without a gap and once", async () => {
      const stage = scene();
      const whole = windowOf(windowMsMax / valuesEveryMs);
      const next = { ...whole, fromMs: whole.toMs, toMs: whole.toMs + windowMsMax };
      const answers = [await stage.clock.run(read(stage, whole)), await stage.clock.run(read(stage, next))];
      expect(answers.flatMap(asText).sort()).toEqual(expected({ ...whole, toMs: next.toMs }));
    });

    test("takes the requests that the definition says, and what is asked once and kept", async () => {
      const stage = scene();
      await stage.clock.run(read(stage, windowOf(3)));
      await stage.clock.run(read(stage, windowOf(3)));
      expect(stage.seen("devices")).toHaveLength(2 * requestsPerWindow);
      expect(stage.network.seen.length - 2 * requestsPerWindow).toBeLessThanOrEqual(2);
    });

    test("where there is nothing is told as nothing", async () => {
      const stage = scene();
      const answer = await stage.clock.run(read(stage, windowOf(3, devicesPerWindow, PAST_FROM_MS - 4 * windowMsMax)));
      expect(answer).toEqual({ readings: [], issues: [], refused: [] });
    });

    test("that the vendor refuses is told of the devices", async () => {
      const devices = fleetOf(harness, devicesPerWindow);
      const stage = scene({
        behaviour: (request, purpose) =>
          purpose === "devices" ? told.refusal(stage.vendor.asked(request)) : undefined,
      });
      const answer = await stage.clock.run(read(stage, windowOf(3)));
      expect([...answer.refused].sort()).toEqual([...devices].sort());
      expect(answer.readings).toEqual([]);
    });

    test("that cannot be had is a failure of its kind", async () => {
      const stage = scene({
        behaviour: (_, purpose) => (purpose === "devices" ? { status: 502, body: "bad gateway" } : undefined),
      });
      await expect(stage.clock.run(read(stage, windowOf(3)))).rejects.toBeInstanceOf(VendorUnavailable);
    });

    test("with a wrong credential ends after one request", async () => {
      const stage = scene({ credential: harness.wrongCredential });
      await expect(stage.clock.run(read(stage, windowOf(3)))).rejects.toBeInstanceOf(VendorAuthRejected);
      await stage.clock.advance(60_000);
      expect(stage.network.seen).toHaveLength(1);
    });

    test("in whatever JSON it comes is told as readings of the window, or fails as a vendor's failure", async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
          const stage = scene({
            behaviour: (_, purpose) => (purpose === "devices" ? { status: 200, body } : undefined),
          });
          const window = windowOf(3);
          const answer = await stage.clock.run(read(stage, window)).catch((error: unknown) => error);
          if (answer instanceof VendorError) return;
          const { readings } = answer as HistoryAnswer;
          for (const { device, timeMs, value } of readings) {
            expect(window.devices).toContain(device);
            expect(timeMs >= window.fromMs && timeMs < window.toMs && Number.isFinite(value)).toBe(true);
          }
        }),
        { numRuns: 50 },
      );
    });

    test("waits for the values of now", async () => {
      const stage = scene();
      const windows = manyBatchesOf(harness);
      // What is asked once is asked before.
      await stage.clock.run(read(stage, windowOf(1, 1)));
      const past = Array.from({ length: windows }, () => read(stage, windowOf(1, 1), { lane: "history" }));
      const before = stage.network.seen.length;
      const present = sweepAll(stage, fleetOf(harness, 1));
      await stage.clock.run(Promise.all([...past, present]));
      const latest = stage.network.seen.findIndex(
        (request, index) => index >= before && !isPast(stage, request.target, request.body),
      );
      const budget = Math.max(...harness.definition.limits.budgets.map(({ requests }) => requests));
      expect(latest).toBeGreaterThanOrEqual(0);
      expect(latest).toBeLessThan(before + 2 * budget);
    });

    test.each<[string, () => "never" | undefined]>([
      ["while the request is open", () => "never"],
      ["while it waits for the limit", () => undefined],
    ])("is given up at once, with the signal's reason, %s", async (_name, behaviour) => {
      const reason = new Error("enough");
      const stage = scene({ behaviour, budgetSpent: behaviour() === undefined });
      const stop = new AbortController();
      const reading = read(stage, windowOf(3), { signal: stop.signal });
      reading.catch(() => {});
      await stage.clock.advance(1);
      const sent = stage.network.seen.length;
      stop.abort(reason);
      await expect(reading).rejects.toBe(reason);
      await stage.clock.advance(600_000);
      expect(stage.network.seen).toHaveLength(sent);
    });

    test("is not asked for when the signal has aborted already", async () => {
      const reason = new Error("enough");
      const stage = scene();
      await expect(read(stage, windowOf(3), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(stage.network.seen).toHaveLength(0);
    });
  });

  /** Whether a request is like the one by which this vendor was asked for its past first. */
  function isPast(stage: Scene, target: string, body: string): boolean {
    const first = stage.seen("devices")[0];
    return shapeOf(target, body) === shapeOf(first?.target ?? "", first?.body ?? "");
  }
}

/** A request without what differs between two of one kind. */
function shapeOf(target: string, body: string): string {
  const [path = "", query = ""] = target.split("?");
  const fields = body.startsWith("{") ? Object.keys(JSON.parse(body) as object) : [];
  return JSON.stringify([path.split("/").slice(0, 6), [...new URLSearchParams(query).keys()], fields]);
}
