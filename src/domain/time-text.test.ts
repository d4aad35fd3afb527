import { expect, test } from "vitest";
import { parseTimeText } from "./time-text.ts";

const NOON_MS = Date.UTC(2022, 3, 14, 12);

test.each([
  ["2022-04-14", Date.UTC(2022, 3, 14), Date.UTC(2022, 3, 15)],
  ["2022-04-14T12:00", NOON_MS, NOON_MS + 1],
  ["2022-04-14T12:00:00", NOON_MS, NOON_MS + 1],
  ["2022-04-14T12:00:00Z", NOON_MS, NOON_MS + 1],
  ["2022-04-14T12:00:00.000Z", NOON_MS, NOON_MS + 1],
  ["2022-04-14T14:00:00+02:00", NOON_MS, NOON_MS + 1],
  ["2024-02-29", Date.UTC(2024, 1, 29), Date.UTC(2024, 2, 1)],
])("%s is read", (text, fromMs, toMs) => expect(parseTimeText(text)).toEqual({ fromMs, toMs }));

test.each([
  "",
  "today",
  "2022-4-14",
  "2022-02-30",
  "2023-02-29",
  "2022-13-01",
  "2022-04-14T25:00",
  "2022-02-30T10:00",
  "14.04.2022",
  "1649941817",
  "2022-04-14 12:00",
])("%j is not", (text) => expect(parseTimeText(text)).toBeNull());
