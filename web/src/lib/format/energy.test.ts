import { expect, test } from "vitest";
import { formatEnergy } from "./energy.ts";

test.each([
  [0, "0\u00a0Wh"],
  [999, "999\u00a0Wh"],
  [3_240, "3.24\u00a0kWh"],
  [-1_500_000, "−1.50\u00a0MWh"],
])("%d W.h is %s", (energyWh, shown) => expect(formatEnergy(energyWh)).toBe(shown));
