import { describe, expect, test } from "vitest";
import { actionWords, actorName, auditQuery, detailLines, filterOf } from "./audit.ts";

const NAMES = new Map([["01977f5a-0000-7000-8000-000000000001", "Calama"]]);

describe("an entry", () => {
  test("names who did it: as the log has it, or what kind of asker it was", () => {
    expect(actorName({ kind: "user", id: "1", name: "ada@example.org" })).toBe("ada@example.org");
    expect(actorName({ kind: "server", id: null, name: null })).toBe("Kilowatch itself");
    expect(actorName({ kind: "something new", id: null, name: null })).toBe("something new");
  });

  test("says an action of which there are no words as it is", () => {
    expect(actionWords("user.create")).toBe("let a person in");
    expect(actionWords("GET /api/v1/users")).toBe("called GET /api/v1/users");
    expect(actionWords("toString")).toBe("toString");
  });

  test("shows its detail with the names of what is known", () => {
    const detail = { siteId: "01977f5a-0000-7000-8000-000000000001", fields: ["name", "email"], expiresAt: null };
    expect(detailLines(detail, NAMES)).toEqual(["site: Calama", "changed: name, email", "ends: never"]);
    expect(detailLines({ siteIds: null, from: null }, NAMES)).toEqual(["sites: all", "from: –"]);
    const more = { policy: { gauge: 1 }, isAdmin: false, expiresAt: Date.UTC(2026, 10, 22, 8), toString: 1 };
    expect(detailLines(more, NAMES)).toEqual([
      'policy: {"gauge":1}',
      "administrator: no",
      "ends: 2026-11-22 08:00 UTC",
      "toString: 1",
    ]);
  });
});

describe("the filter", () => {
  test("becomes what the API is asked", () => {
    const asked = filterOf(new URLSearchParams("actor=a&action=user&from=2026-11-22T08:00&to=2026-11-22T09:00:30"));
    const { query, wrong } = auditQuery(asked);
    expect(Object.fromEntries(query)).toEqual({
      actorId: "a",
      action: "user",
      from: "2026-11-22T08:00:00.000Z",
      to: "2026-11-22T09:00:30.000Z",
    });
    expect(wrong).toEqual([]);
  });

  test("names the time that is none", () => {
    for (const from of ["yesterday", "2026-13-01T00:00", "2026-11-22"]) {
      const { query, wrong } = auditQuery(filterOf(new URLSearchParams({ from, to: "2026-11-22T08:00" })));
      expect([from, wrong, query.has("from"), query.has("to")]).toEqual([from, ["from"], false, true]);
    }
  });
});
