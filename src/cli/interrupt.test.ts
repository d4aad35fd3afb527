import { afterEach, expect, test } from "vitest";
import { Interrupted, onInterrupt } from "./interrupt.ts";

const before = process.listeners("SIGINT");
afterEach(() => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    for (const listener of process.listeners(signal)) if (!before.includes(listener)) process.off(signal, listener);
  }
});

test("a Ctrl-C that is told again after the work has stopped does not kill what winds it up", () => {
  const interruption = onInterrupt();
  process.emit("SIGINT");
  expect(interruption.signal.reason).toBeInstanceOf(Interrupted);
  interruption[Symbol.dispose]();
  // With no listener left, Node would end the process by the signal.
  expect(process.listenerCount("SIGINT")).toBe(before.length + 1);
  process.emit("SIGINT");
});

test("without a Ctrl-C nothing is left behind", () => {
  onInterrupt()[Symbol.dispose]();
  expect(process.listenerCount("SIGINT")).toBe(before.length);
});
