/**
 * Adds to package-lock.json the optional platform packages that npm left out.
 *
 * A registry that does not carry a package for every platform makes `npm install` drop it from the lockfile,
 * and `npm ci` then refuses the lockfile on every machine. The entries added here carry no integrity, so npm
 * fetches them only on the platform that wants them. Run after every change of dependencies.
 */
import { readFileSync, writeFileSync } from "node:fs";

const LOCKFILE = new URL("../package-lock.json", import.meta.url);

/** Reads os, cpu and libc off a package name such as `@chdb/lib-linux-arm64-gnu`; null when the name says no platform. */
function platformOf(name) {
  const match = /(darwin|linux|win32)-(x64|arm64)(?:-(gnu|musl|msvc))?$/.exec(name);
  if (!match) return null;
  const [, os, cpu, abi] = match;
  const libc = { gnu: ["glibc"], musl: ["musl"] }[abi];
  return { os: [os], cpu: [cpu], ...(libc && { libc }) };
}

/** Where npm would find `name` for the package at `from`, walking up as Node does; undefined when nowhere. */
function resolve(packages, from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("node_modules/") - 1))) {
    const path = `${base ? `${base}/` : ""}node_modules/${name}`;
    if (packages[path]) return path;
    if (!base) return undefined;
  }
}

const lock = JSON.parse(readFileSync(LOCKFILE, "utf8"));
const added = [];
for (const [from, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolve(lock.packages, from, name)) continue;
    const platform = platformOf(name);
    if (!platform || !/^\d+\.\d+\.\d+/.test(version)) {
      throw new Error(
        `${from} wants ${name}@${version}, which the lockfile lacks, and its platform cannot be read off its name`,
      );
    }
    lock.packages[`node_modules/${name}`] = { version, ...platform, optional: true };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(LOCKFILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length ? `added: ${added.join(", ")}` : "nothing was missing");
