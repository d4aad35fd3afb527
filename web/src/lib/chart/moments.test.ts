import { expect, test } from "vitest";
import { momentText, rangeText } from "./moments.ts";

const ZONE = "Europe/Madrid";
const FROM_MS = Date.UTC(2026, 5, 21, 10);

test("an instant is as exact as the range it stands in", () => {
  const timeMs = FROM_MS + 5_250;
  const within = (lengthMs: number): string => momentText(timeMs, ZONE, { fromMs: FROM_MS, toMs: FROM_MS + lengthMs });
  expect(within(30 * 86_400_000)).toBe("Sun 21 Jun 2026, 12:00");
  expect(within(3_600_000)).toBe("Sun 21 Jun 2026, 12:00:05");
  expect(within(60_000)).toBe("Sun 21 Jun 2026, 12:00:05.250");
});

test("a range says the day once, and seconds where there are some", () => {
  const text = (fromMs: number, lengthMs: number): string => rangeText({ fromMs, toMs: fromMs + lengthMs }, ZONE);
  expect(text(FROM_MS, 3_600_000)).toBe("Sun 21 Jun 2026, 12:00 – 13:00");
  expect(text(FROM_MS + 1_000, 3_600_000)).toBe("Sun 21 Jun 2026, 12:00:01 – 13:00:01");
  expect(text(FROM_MS, 86_400_000)).toBe("Sun 21 Jun 2026, 12:00 – Mon 22 Jun 2026, 12:00");
  expect(text(FROM_MS + 250, 1_000)).toBe("Sun 21 Jun 2026, 12:00:00.250 – 12:00:01.250");
});
