import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const SOURCE_LINES_MAX = 300;

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .trim()
  .split("\n");
const sources = tracked.filter((path) => /\.(ts|mjs|svelte)$/.test(path) && !path.endsWith(".gen.ts"));
const isTest = (path: string): boolean => /(\.test\.ts|contract\.ts)$/.test(path);

describe("dependencies", () => {
  test.each(["package.json", "web/package.json"])("%s pins exact versions", (path) => {
    const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
    const versions = Object.entries({ ...manifest["dependencies"], ...manifest["devDependencies"] });
    expect(versions.length).toBeGreaterThan(5);
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test("the lockfile names every platform's packages, and no download address", () => {
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockEntry> };
    const entries = Object.entries(lock.packages);
    const fetched = entries.filter(([, entry]) => entry.resolved !== undefined && entry.link !== true);
    expect(fetched.map(([path]) => path)).toEqual([]);
    const missing = entries.flatMap(([, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !entries.some(([path]) => path.endsWith(`node_modules/${name}`)),
      ),
    );
    expect(missing, "run: node scripts/complete-lockfile.mjs").toEqual([]);
  });
});

interface LockEntry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Record<string, string>;
}

describe("sources", () => {
  test("are found", () => expect(sources.length).toBeGreaterThan(80));

  test("are short: one idea a file", () => {
    const long = sources.filter((path) => !isTest(path) && read(path).split("\n").length > SOURCE_LINES_MAX);
    expect(long).toEqual([]);
  });

  test("have names of their own", () => {
    expect(tracked.filter((path) => /(^|\/)(utils?|helpers?|common|managers?|misc)(\/|\.ts$)/i.test(path))).toEqual([]);
  });

  test("read the environment in one place", () => {
    const readers = sources.filter(
      (path) => /^(src|simulators)\//.test(path) && !isTest(path) && read(path).includes("process.env"),
    );
    expect(readers).toEqual(["src/config.ts"]);
  });

  test("tests neither sleep nor stand alone", () => {
    const self = "test/ground-rules.test.ts";
    const suspects = sources.filter((path) => isTest(path) && path !== self && !path.startsWith("e2e/"));
    expect(suspects.filter((path) => /\b(it|test|describe)\.(only|skip|todo)\b/.test(read(path)))).toEqual([]);
    expect(suspects.filter((path) => /timers\/promises/.test(read(path)))).toEqual([]);
  });
});
