import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { BodyGate } from "./body-gate.ts";
import { BODY_LIMITS } from "./limits.ts";
import { BodyTooLarge, type BodyTooSlow, ServerBusy } from "./refusals.ts";

const clock = new VirtualClock();
const gateWith = (limits = {}) => new BodyGate(clock, { ...BODY_LIMITS, ...limits });

describe("the gate for bodies", () => {
  test("lets a body unpack to its limit, and no byte further", () => {
    const pass = gateWith({ unpackedBytesMax: 100 }).enter(undefined);
    pass.came(100);
    pass.unpacked(100);
    expect(() => pass.unpacked(1)).toThrow(BodyTooLarge);
  });

  test("looks at how a body was packed once it is long enough to matter", () => {
    const pass = gateWith({ ratioMax: 10, ratioFreeBytes: 50 }).enter(undefined);
    pass.came(2);
    pass.unpacked(50);
    expect(() => pass.unpacked(1)).toThrow(/more than 10 times/);
    const longer = gateWith({ ratioMax: 10, ratioFreeBytes: 50 }).enter(undefined);
    longer.came(6);
    longer.unpacked(60);
    expect(() => longer.unpacked(1)).toThrow(BodyTooLarge);
  });

  test("believes a body that says it is too long", () => {
    const gate = gateWith({ wireBytesMax: 10 });
    expect(() => gate.enter("11")).toThrow(BodyTooLarge);
    expect(gate.bodies).toBe(0);
    gate.enter("10").leave();
  });

  test("a body that leaves gives back what it held, once", () => {
    const gate = gateWith({ bodiesMax: 1 });
    const pass = gate.enter(undefined);
    expect(() => gate.enter(undefined)).toThrow(ServerBusy);
    pass.unpacked(7);
    pass.leave();
    pass.leave();
    expect([gate.bodies, gate.heldBytes]).toEqual([0, 0]);
    gate.enter(undefined);
  });

  test("does not judge a body that has arrived and waits to be stored", async () => {
    const gate = gateWith();
    const pass = gate.enter(undefined);
    const refusals: BodyTooSlow[] = [];
    pass.whenTooSlow((refusal) => refusals.push(refusal));
    pass.arrived();
    await clock.advance(120_000);
    expect(refusals).toEqual([]);
    gate.close();
  });

  test("a body at exactly the least pace is waited for", async () => {
    const gate = gateWith();
    const pass = gate.enter(undefined);
    const refusals: BodyTooSlow[] = [];
    pass.whenTooSlow((refusal) => refusals.push(refusal));
    for (let second = 0; second < 60; second++) {
      pass.came(BODY_LIMITS.bytesPerSecondMin);
      await clock.advance(1_000);
    }
    expect(refusals).toEqual([]);
    await clock.advance(1_000);
    expect(refusals).toHaveLength(1);
    gate.close();
  });
});
