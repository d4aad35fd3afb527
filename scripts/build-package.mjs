/**
 * Makes dist/, which is what `npm pack` ships: the checkout's shape as JavaScript, since Node strips no types under
 * node_modules. Run by `npm pack`, which removes it again: the checkout itself runs the sources.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
const COMPILER = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const PAGES = join(ROOT, "web", "build");

if (!existsSync(COMPILER) || !existsSync(PAGES)) fail("Kilowatch is not set up yet: run node scripts/setup.mjs first.");

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
compile("tsconfig.package.json");
// Over the same files once more: with type declarations, and against the library of the oldest Node that may import them.
compile("tsconfig.sdk.json");
cpSync(PAGES, join(DIST, "web", "build"), { recursive: true, filter: (path) => !isLeftover(path) });
const { name, version, type } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
writeFileSync(join(DIST, "package.json"), `${JSON.stringify({ name, version, type, private: true }, null, 2)}\n`);

function compile(config) {
  const run = spawnSync(process.execPath, [COMPILER, "--project", config], { cwd: ROOT, encoding: "utf8" });
  if (run.status === 0) return;
  rmSync(DIST, { recursive: true });
  fail(`${run.stdout}${run.stderr}The package cannot be built: ${config} does not compile.`);
}

/** What the build of the pages leaves for itself. */
function isLeftover(path) {
  return /\.map$|[/\\]\.(vite|kilowatch-built)$/.test(path);
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
