import { describe, expect, test } from "vitest";
import { readPicks } from "./picks.ts";

function form(fields: Readonly<Record<string, string | readonly string[]>>): FormData {
  const data = new FormData();
  for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) data.append(name, value);
  return data;
}

describe("picked devices", () => {
  test("go to sites that are there and to new ones", () => {
    const { picks, fields } = readPicks(
      form({
        groups: "2",
        "serial-0": ["A", "B"],
        "site-0": "an-id",
        "name-0": "not used",
        "serial-1": ["C"],
        "site-1": "new",
        "name-1": " Kaprun ",
        "timezone-1": "Europe/Vienna",
      }),
    );
    expect(fields).toEqual({});
    expect(picks).toEqual([
      { group: 0, serialNumbers: ["A", "B"], site: { id: "an-id" } },
      { group: 1, serialNumbers: ["C"], site: { name: "Kaprun", timezone: "Europe/Vienna" } },
    ]);
  });

  test("of a group without any are nobody's matter, and neither are its other fields", () => {
    const { picks, fields } = readPicks(form({ groups: "2", "site-0": "new", "serial-1": "C", "site-1": "an-id" }));
    expect(fields).toEqual({});
    expect(picks.map(({ group }) => group)).toEqual([1]);
  });

  test("are at least one", () => {
    expect(readPicks(form({ groups: "1", "site-0": "new" })).fields[""]).toMatch(/at least one/);
    expect(readPicks(form({})).fields[""]).toMatch(/at least one/);
  });

  test("for a new site want its name and its timezone, each beside its field", () => {
    const { fields } = readPicks(form({ groups: "1", "serial-0": "A", "site-0": "new", "name-0": "  " }));
    expect(Object.keys(fields)).toEqual(["name-0", "timezone-0"]);
  });

  test("that are typed are read as a list, and refused beside their field", () => {
    expect(readPicks(form({ groups: "1", "serials-0": "A1..A2", "site-0": "an-id" })).picks[0]?.serialNumbers).toEqual([
      "A1",
      "A2",
    ]);
    expect(Object.keys(readPicks(form({ groups: "1", "serials-0": "", "site-0": "an-id" })).fields)).toEqual([
      "serials-0",
    ]);
  });
});
