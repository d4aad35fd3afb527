import { expect, test } from "vitest";
import { isPickable, parseSerials } from "./listed.ts";

test("serial numbers are read however people part them, each once", () => {
  expect(parseSerials(" SN-1,SN-2;\n\tSN-3  SN-1\r\n, ")).toEqual(["SN-1", "SN-2", "SN-3"]);
  expect(parseSerials(" \n ")).toEqual([]);
  expect(parseSerials("123/1001 <b>")).toEqual(["123/1001", "<b>"]);
});

test("what is collected, gone, or brings nothing cannot be picked", () => {
  const device: Parameters<typeof isPickable>[0] = {
    deviceId: null,
    metrics: [{ name: "active_power", unit: "W", kind: "gauge" }],
    state: "new",
  };
  expect(isPickable(device)).toBe(true);
  expect(isPickable({ ...device, state: "known" })).toBe(true);
  expect(isPickable({ ...device, state: "gone" })).toBe(false);
  expect(isPickable({ ...device, metrics: [] })).toBe(false);
  expect(isPickable({ ...device, deviceId: "019aa000-0000-7000-8000-000000000000" })).toBe(false);
});
