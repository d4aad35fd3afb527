import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { VENDORS } from "../src/vendors/registry.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** Packages that the SDK may need; each runs on Node 20. */
const PACKAGES = ["ipaddr.js", "mqtt", "temporal-polyfill", "undici", "zod"];
/** Modules of Node that Node 20 lacks. */
const NEWER_MODULES = ["node:sqlite", "node:sea", "node:quic"];

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, Readonly<Record<"types" | "default", string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** The files that are compiled for other programs, relative to the root. */
function sources(): string[] {
  const path = join(ROOT, "tsconfig.sdk.json");
  const { config } = ts.readConfigFile(path, (file) => readFileSync(file, "utf8")) as { config: unknown };
  const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT, {}, path);
  return fileNames.map((file) => relative(ROOT, file));
}

describe("the package's exports", () => {
  test("are the transport and every vendor, and nothing else", () => {
    const vendors = VENDORS.map(({ id }) => `./${id}`);
    expect(Object.keys(manifest.exports).sort()).toEqual(["./transport", ...vendors].sort());
  });

  test.each(Object.entries(manifest.exports))("%s is compiled from a source that is there", (_name, targets) => {
    const [, path = ""] = /^\.\/dist\/(.*)\.js$/.exec(targets.default) ?? [];
    expect(targets.types).toBe(`./dist/${path}.d.ts`);
    expect(existsSync(join(ROOT, `${path}.ts`))).toBe(true);
  });
});

describe("what the SDK is made of", () => {
  test("is found", () => expect(sources().length).toBeGreaterThan(40));

  test("needs no package, and nothing of Node, that Node 20 cannot load", () => {
    const foreign = sources().flatMap((path) =>
      ts
        .preProcessFile(readFileSync(join(ROOT, path), "utf8"), true, true)
        .importedFiles.map(({ fileName }) => fileName)
        .filter((name) => !name.startsWith("."))
        .filter((name) => (name.startsWith("node:") ? NEWER_MODULES.includes(name) : !PACKAGES.includes(name)))
        .map((name) => `${path} imports ${name}`),
    );
    expect(foreign).toEqual([]);
    expect(PACKAGES.filter((name) => manifest.dependencies[name] === undefined)).toEqual([]);
  });
});
