import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

/**
 * Who may import whom: the table of docs/ARCHITECTURE.md, enforced. A value is a folder, or one file of it where only
 * its port may be known. A folder may always import itself. Tests may import anything.
 */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  "src/domain": [],
  "src/transport": ["src/domain"],
  "src/vendors": ["src/domain", "src/transport"],
  "src/telemetry": ["src/domain"],
  "src/catalogue": ["src/domain"],
  "src/access": ["src/domain", "src/catalogue"],
  "src/live": ["src/domain"],
  "src/quality": ["src/domain"],
  "src/ingest": ["src/domain", "src/telemetry/store.ts", "src/catalogue", "src/live"],
  "src/collect": [
    "src/domain",
    "src/transport",
    "src/vendors/vendor.ts",
    "src/vendors/plan.ts",
    "src/vendors/sweep.ts",
    "src/ingest/pipeline.ts",
    "src/catalogue",
  ],
  "src/server": [
    "src/access",
    "src/catalogue",
    "src/telemetry/store.ts",
    "src/vendors/vendor.ts",
    "src/ingest",
    "src/collect",
    "src/live",
    "src/quality",
    "src/domain",
  ],
  "src/demo": [
    "src/domain",
    "src/access",
    "src/catalogue",
    "src/vendors",
    "src/collect/ledger/coverage-ledger.ts",
    "src/ingest/pipeline.ts",
    "src/telemetry/store.ts",
    "simulators",
  ],
  "src/cli": [
    "src/domain",
    "src/transport",
    "src/vendors",
    "src/demo",
    "src/config.ts",
    "src/main.ts",
    "src/offline.ts",
    "simulators",
  ],
  "src/config.ts": ["src/domain"],
  "src/main.ts": ["src"],
  "src/data-folder.ts": ["src/catalogue", "src/config.ts", "src/domain", "src/telemetry/journal/database.ts"],
  "src/offline.ts": ["src/catalogue", "src/config.ts", "src/domain", "src/telemetry/journal/database.ts"],
  simulators: [],
};

/** Rooms inside a room that may not see each other. */
const VENDOR_FOLDER = /^src\/vendors\/([^/]+)\//;
/** Codecs know bytes and nothing else. */
const CODECS = "src/ingest/codecs";

const ROOT = resolve(import.meta.dirname, "..");

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !/(^|\/)contract\.ts$/.test(path));
}

/** Files of this project that a file imports, types included, relative to the root. */
function importsOf(path: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, path), "utf8"), true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => relative(ROOT, resolve(ROOT, dirname(path), name)));
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

/** Why an import is not allowed; null when it is. */
function objection(from: string, to: string): string | null {
  const room = Object.keys(TABLE).find((place) => isWithin(from, place));
  if (room === undefined) return `${from} lies in no folder of the table`;
  const vendor = VENDOR_FOLDER.exec(from)?.[1];
  const otherVendor = VENDOR_FOLDER.exec(to)?.[1];
  if (vendor && otherVendor && vendor !== otherVendor) return `${from} imports another vendor's ${to}`;
  if (isWithin(from, CODECS) && !isWithin(to, CODECS) && !isWithin(to, "src/domain"))
    return `the codec ${from} imports ${to}`;
  const allowed = [room, ...(TABLE[room] ?? [])];
  return allowed.some((place) => isWithin(to, place)) ? null : `${from} imports ${to}`;
}

const SOURCES = [...sourcesUnder("src"), ...sourcesUnder("simulators")];

describe("the import table", () => {
  test("covers the house", () => expect(SOURCES.length).toBeGreaterThan(50));

  test("is kept by every file", () => {
    const objections = SOURCES.flatMap((from) => importsOf(from).map((to) => objection(from, to)));
    expect(objections.filter((line) => line !== null)).toEqual([]);
  });

  test.each([
    ["src/domain/units.ts", "src/telemetry/store.ts"],
    ["src/collect/poller.ts", "src/vendors/energygrid/client.ts"],
    ["src/server/server.ts", "src/telemetry/embedded/engine.ts"],
    ["src/vendors/energygrid/client.ts", "src/vendors/elecnova/client.ts"],
    ["simulators/energygrid/signature.ts", "src/vendors/energygrid/auth.ts"],
    ["src/ingest/codecs/plaintext.ts", "src/live/hub.ts"],
    ["src/quality/scan.ts", "src/telemetry/store.ts"],
    ["src/somewhere/new.ts", "src/domain/units.ts"],
  ])("would refuse that %s imports %s", (from, to) => expect(objection(from, to)).not.toBeNull());
});
