import { expect, test } from "vitest";
import { generatedByAll } from "./generated.ts";

const site = (generatedToday: { energyWh: number; coverage: number } | null, total: number) => ({
  generatedToday,
  devices: { total, online: total, offline: 0, unknown: 0 },
});

test("a fleet has generated what its sites have, covered as its devices are", () => {
  const sites = [site({ energyWh: 3_000, coverage: 1 }, 3), site({ energyWh: 1_000, coverage: 0.5 }, 1), site(null, 9)];
  expect(generatedByAll(sites)).toEqual({ energyWh: 4_000, coverage: 3.5 / 4 });
});

test("a fleet of which nothing is known has generated nothing that could be told", () => {
  expect(generatedByAll([site(null, 2)])).toBeNull();
  expect(generatedByAll([])).toBeNull();
});
