import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packRows, unpackRows } from "./packed-rows.ts";
import { formatView, inNameOrder, matcher, parseView, type Row, SORTS, STATUSES, sorted, toRow } from "./rows.ts";
import { addUp } from "./totals.ts";

const NOW_MS = 1_800_000_000_000;

function row(changes: Partial<Row> = {}): Row {
  return {
    id: "1",
    name: "Inverter 1",
    serialNumber: "SN1",
    site: 0,
    status: "online",
    activePowerW: 1_000,
    activePowerAtMs: NOW_MS,
    ratedPowerW: 5_000,
    onlineMetricId: "o1",
    activePowerMetricId: "p1",
    activePowerUnitW: 1,
    staleAfterMs: 180_000,
    ...changes,
  };
}

const anyRow = fc
  .record({
    name: fc.constantFrom("Inverter 1", "Inverter 2", "Inverter 10", "Roof"),
    site: fc.integer({ min: -1, max: 2 }),
    status: fc.constantFrom(...STATUSES),
    activePowerW: fc.option(fc.integer({ min: -100, max: 9_000 })),
    activePowerAtMs: fc.integer({ min: NOW_MS - 600_000, max: NOW_MS + 1_000 }),
    ratedPowerW: fc.option(fc.integer({ min: 1, max: 10_000 })),
  })
  .map((changes) => row(changes));

test("rows travel with the page and come out as they went in", () => {
  fc.assert(
    fc.property(fc.array(anyRow), (rows) => {
      expect(unpackRows(packRows(rows))).toEqual(rows);
    }),
  );
});

describe("the view in the address", () => {
  test.each([
    ["", { query: "", status: null, sort: "status" }, "/"],
    [
      "?q=+roof+&status=offline&sort=power",
      { query: " roof ", status: "offline", sort: "power" },
      "?q=roof&status=offline&sort=power",
    ],
    ["?status=nonsense&sort=nonsense", { query: "", status: null, sort: "status" }, "/"],
  ])("%s", (search, view, back) => {
    const parsed = parseView(new URLSearchParams(search));
    expect(parsed).toEqual(view);
    expect(formatView(parsed)).toBe(back);
  });

  test("says the same after a round trip", () => {
    const view = fc.record({
      query: fc.string({ maxLength: 100 }).map((query) => query.trim()),
      status: fc.option(fc.constantFrom(...STATUSES)),
      sort: fc.constantFrom(...SORTS),
    });
    fc.assert(
      fc.property(view, (before) => {
        const search = formatView(before);
        expect(parseView(new URLSearchParams(search === "/" ? "" : search))).toEqual(before);
      }),
    );
  });
});

describe("matcher", () => {
  const sites = ["North Roof", "South"];
  test.each([
    ["", null, true],
    ["inv", null, true],
    ["1 north", null, true],
    ["sn1", null, true],
    ["south", null, false],
    ["inv", "offline", false],
    ["inv", "online", true],
  ] as const)("%j with status %s: %s", (query, status, matches) => {
    expect(matcher({ query, status, sort: "name" }, sites)(row())).toBe(matches);
  });

  test("a word does not match across the name and the serial number", () => {
    expect(matcher({ query: "1sn", status: null, sort: "name" }, sites)(row())).toBe(false);
  });
});

describe("sorted", () => {
  test("keeps every row and puts them in order, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(anyRow), fc.constantFrom(...SORTS), (rows, sort) => {
        const result = sorted(inNameOrder(rows), sort);
        expect(new Set(result)).toEqual(new Set(rows));
        for (let i = 1; i < result.length; i++) {
          const [before, after] = [result[i - 1] as Row, result[i] as Row];
          if (sort === "power")
            expect(before.activePowerW ?? -Infinity).toBeGreaterThanOrEqual(after.activePowerW ?? -Infinity);
          if (sort === "status")
            expect(["offline", "unknown", "online"].indexOf(before.status)).toBeLessThanOrEqual(
              ["offline", "unknown", "online"].indexOf(after.status),
            );
        }
      }),
    );
  });

  test("names count as people do", () => {
    const names = ["Inverter 10", "Inverter 9", "inverter 1"].map((name) => row({ name }));
    expect(inNameOrder(names).map((one) => one.name)).toEqual(["inverter 1", "Inverter 9", "Inverter 10"]);
  });
});

describe("by status", () => {
  test("what gives least of what it could comes first among those that are online, and what is not known last", () => {
    const rows = [
      row({ name: "a", activePowerW: null }),
      row({ name: "b", activePowerW: 900, ratedPowerW: 1_000 }),
      row({ name: "c", activePowerW: 5_000, ratedPowerW: 10_000 }),
      row({ name: "d", status: "offline" }),
    ];
    expect(sorted(inNameOrder(rows), "status").map(({ name }) => name)).toEqual(["d", "c", "b", "a"]);
  });
});

describe("addUp", () => {
  test("the fleet is the sum of its sites and of what belongs to none", () => {
    fc.assert(
      fc.property(fc.array(anyRow), (rows) => {
        const { fleet, sites } = addUp(rows, 3, NOW_MS);
        const homeless = addUp(
          rows.filter((one) => one.site < 0),
          0,
          NOW_MS,
        ).fleet;
        for (const key of ["activePowerW", "fresh", "total", "online", "offline", "unknown"] as const) {
          expect(sites.reduce((sum, site) => sum + site[key], homeless[key])).toBe(fleet[key]);
        }
        expect(fleet.online + fleet.offline + fleet.unknown).toBe(rows.length);
      }),
    );
  });

  test("a stale value is not power now", () => {
    const rows = [row(), row({ activePowerW: 700, activePowerAtMs: NOW_MS - 180_001 })];
    expect(addUp(rows, 1, NOW_MS).fleet).toMatchObject({
      activePowerW: 1_000,
      fresh: 1,
      total: 2,
      ratedPowerW: 10_000,
    });
  });

  test("an unknown rating stays unknown", () => {
    expect(addUp([row({ ratedPowerW: null })], 1, NOW_MS).fleet.ratedPowerW).toBeNull();
  });
});

test("a device of a site that is not on the page still gets a row", () => {
  const device = {
    id: "1",
    siteId: "gone",
    name: "SN1",
    serialNumber: "SN1",
    status: "unknown",
    statusAt: null,
    onlineMetricId: null,
    activePowerMetricId: null,
    activePowerUnitW: 1,
    staleAfterMs: 180_000,
    activePowerW: null,
    activePowerAt: null,
    ratedPowerW: null,
  } as const;
  expect(toRow(device, new Map())).toMatchObject({ site: -1, serialNumber: null, activePowerAtMs: null });
});
