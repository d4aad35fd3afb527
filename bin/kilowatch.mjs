#!/usr/bin/env node
/**
 * Starts Kilowatch on the Node that it needs: the sources in a checkout, what was compiled from them in an installed
 * package. Under an older Node it hands over to the one that was installed beside the other dependencies. Runs on Node
 * 20.19, and imports nothing but Node's own modules.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR_LEAST = 24;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sources = here("../src/cli/kilowatch.ts");
const program = existsSync(sources) ? sources : here("../dist/src/cli/kilowatch.js");
const unready =
  program === sources
    ? "Kilowatch is not set up yet: run npm start or npm test once, or node scripts/setup.mjs."
    : "Kilowatch's dependencies are not all there: install the package once more, with its install scripts.";

const newerNode = join(folderOf("node"), "bin", process.platform === "win32" ? "node.exe" : "node");

if (folderOf("commander") === "") {
  fail(unready);
} else if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_LEAST) {
  await import(pathToFileURL(program).href);
} else if (existsSync(newerNode)) {
  handOver();
} else {
  fail(unready);
}

/** Where a dependency was installed; empty when it was not. Looked up as Node does: npm may put it beside this package. */
function folderOf(dependency) {
  const searched = createRequire(import.meta.url).resolve.paths(`${dependency}/package.json`) ?? [];
  const found = searched.find((folder) => existsSync(join(folder, dependency, "package.json")));
  return found === undefined ? "" : join(found, dependency);
}

function handOver() {
  const child = spawn(newerNode, [program, ...process.argv.slice(2)], { stdio: "inherit" });
  const forward = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
  child.on("error", (error) => fail(`Kilowatch could not start ${newerNode}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    // Ends as the child did, so that a shell sees the same.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
