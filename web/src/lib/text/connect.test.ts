import { expect, test } from "vitest";
import { connectText } from "./connect.ts";

test.each([
  [0.2, "under 1 s"],
  [1, "1 s"],
  [59.6, "60 s"],
  [60, "1 min"],
  [90, "90 s"],
  [120, "2 min"],
  [300, "5 min"],
  [3_600, "1 h"],
  [6_240, "1 h 44 min"],
  [35_990, "10 h"],
  [86_400, "24 h"],
  [30 * 86_400, "30 days"],
])("%d s is %s", (seconds, words) => expect(connectText.span(seconds)).toBe(words));

test.each([
  [0, "0 %"],
  [0.001, "under 1 %"],
  [0.0049, "under 1 %"],
  [0.005, "1 %"],
  [1.2, "120 %"],
])("a share of %d is %s", (share, words) => expect(connectText.shareText(share)).toBe(words));
