import { describe, expect, test } from "vitest";
import type { Installation } from "#lib/api/types.gen.ts";
import { backupPlan } from "./backup.ts";

const HERE: Installation = {
  version: "1.0.0",
  asOf: "2026-11-22T08:00:00.000Z",
  startedAt: "2026-11-22T07:00:00.000Z",
  health: { status: "ready", detail: "", pendingReadings: 0 },
  dataFolder: "/srv/my data",
  catalogue: "data folder",
  readings: "data folder",
  secretKey: "data folder",
  counts: { people: 1, apiKeys: 0, sites: 0, devices: 0, metrics: 0, connections: 0 },
};

describe("a backup", () => {
  test("is of the data folder alone when everything is in it, while the server stands", () => {
    const plan = backupPlan(HERE);
    expect(plan.elsewhere).toEqual([]);
    expect(plan.steps.map(({ command }) => command)).toEqual([
      null,
      "cp -a '/srv/my data' /backup/kilowatch-DATE",
      null,
    ]);
    expect(plan.key).toMatch(/^secret\.key/);
  });

  test("copies the data folder before the databases beside it", () => {
    const plan = backupPlan({ ...HERE, catalogue: "PostgreSQL", readings: "ClickHouse", secretKey: "passphrase" });
    const commands = plan.steps.map(({ command }) => command?.split(" ")[0] ?? null);
    expect(commands).toEqual([null, "cp", "pg_dump", null, null]);
    expect(plan.elsewhere).toHaveLength(2);
    expect(plan.key).toContain("KILOWATCH_SECRET_KEY");
    expect(plan.folderHolds).not.toMatch(/catalogue\.db|readings\//);
  });
});
