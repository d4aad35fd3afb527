import type { IPublishPacket } from "mqtt";
import { expect, test } from "vitest";
import { LiveMemory, REMEMBERED_MAX } from "./live-memory.ts";

const message = (payload: string, flags: Partial<IPublishPacket> = {}): IPublishPacket => {
  return { cmd: "publish", topic: "t", payload, qos: 1, dup: false, retain: false, ...flags };
};

test("a message is known over the next connection, and over its own only where the broker says that it sends it again", () => {
  const memory = new LiveMemory();
  memory.reconnect();
  expect(memory.isRepeated(message("a"))).toBe(false);
  expect(memory.isRepeated(message("a"))).toBe(false);
  expect(memory.isRepeated(message("a", { dup: true }))).toBe(true);
  // QoS 2 comes once: the mark tells only that its first part was sent twice.
  expect(memory.isRepeated(message("a", { dup: true, qos: 2 }))).toBe(false);
  memory.reconnect();
  expect(memory.isRepeated(message("a"))).toBe(true);
  expect(memory.isRepeated(message("a"))).toBe(false);
  expect(memory.isRepeated(message("a", { topic: "other" }))).toBe(false);
});

test("what comes once at most is told each time, unless the broker retains it", () => {
  const memory = new LiveMemory();
  memory.reconnect();
  expect(memory.isRepeated(message("a", { qos: 0 }))).toBe(false);
  memory.reconnect();
  expect(memory.isRepeated(message("a", { qos: 0 }))).toBe(false);
  memory.reconnect();
  expect(memory.isRepeated(message("a", { qos: 0, retain: true }))).toBe(true);
});

test.each([
  [REMEMBERED_MAX, true],
  [REMEMBERED_MAX + 1, false],
])("the first of %d messages is remembered: %s", (told, remembered) => {
  const memory = new LiveMemory();
  memory.reconnect();
  for (let number = 0; number < told; number++) memory.isRepeated(message(String(number)));
  memory.reconnect();
  expect(memory.isRepeated(message("0"))).toBe(remembered);
});
