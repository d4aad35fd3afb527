/**
 * Makes a fresh clone ready to run: the right Node, the dependencies, the built pages. Needs nothing but Node 20.19 and
 * npm, does only what is missing, and says each step in a line. `npm start` and `npm test` run it first.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NODE_LEAST = [20, 19];
/** Written into node_modules, so that deleting that folder deletes the claim with it. */
const INSTALLED = join(ROOT, "node_modules", ".kilowatch-installed");
const BUILT = join(ROOT, "web", "build", ".kilowatch-built");
const INSTALL_INPUTS = ["package-lock.json", "package.json", "web/package.json"];
const WEB_INPUTS = [
  "web/src",
  "web/static",
  "web/package.json",
  "web/tsconfig.json",
  "web/vite.config.ts",
  "package-lock.json",
];

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < NODE_LEAST[0] || (major === NODE_LEAST[0] && minor < NODE_LEAST[1])) {
  fail(
    `Kilowatch needs Node ${NODE_LEAST.join(".")} or newer to set itself up, and this is ${process.versions.node}. Install it from nodejs.org.`,
  );
}

step("dependencies", INSTALLED, hashOf(INSTALL_INPUTS), "npm", [
  "ci",
  "--include=dev",
  "--no-audit",
  "--no-fund",
  "--loglevel=error",
]);
// A new installation has lost what the build generates beside the dependencies, so its time is an input too.
const builtFrom = `${hashOf(WEB_INPUTS)} ${statSync(INSTALLED).mtimeMs}`;
step("pages", BUILT, builtFrom, "npm", ["run", "--silent", "build", "--workspace", "web"]);

/** Runs a command unless the stamp says that it ran for these very inputs; writes the stamp only after it succeeded. */
function step(what, stamp, inputsHash, command, args) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === inputsHash) return;
  const beganMs = Date.now();
  process.stdout.write(`setup: ${what} … `);
  const run = spawnSync(command, args, { cwd: ROOT, encoding: "utf8", shell: process.platform === "win32" });
  if (run.status !== 0) {
    process.stdout.write("failed\n");
    process.stderr.write(`${run.stdout ?? ""}${run.stderr ?? ""}${run.error?.message ?? ""}\n`);
    fail(`setup: "${command} ${args.join(" ")}" failed; what it said stands above.`);
  }
  writeFileSync(stamp, inputsHash);
  process.stdout.write(`done in ${((Date.now() - beganMs) / 1000).toFixed(1)} s\n`);
}

function hashOf(paths) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const path of paths)
    for (const file of filesOf(join(ROOT, path))) hash.update(relative(ROOT, file)).update(readFileSync(file));
  return hash.digest("hex");
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  try {
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.flatMap((entry) =>
      entry.isDirectory() ? filesOf(join(path, entry.name)) : [join(path, entry.name)],
    );
  } catch (error) {
    if (error.code === "ENOTDIR") return [path];
    throw error;
  }
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
