#!/usr/bin/env node
/**
 * Starts Kilowatch on the Node that it needs. Under an older one it hands over to the Node that setup installed beside
 * the other dependencies. Runs on Node 20.19, and imports nothing but Node's own modules.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_LEAST = 24;
const SET_UP_FIRST = "Kilowatch is not set up yet: run npm start or npm test once, or node scripts/setup.mjs.";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = here("../src/cli/kilowatch.ts");
const newerNode = here(`../node_modules/node/bin/node${process.platform === "win32" ? ".exe" : ""}`);

if (!existsSync(here("../node_modules/commander"))) {
  fail(SET_UP_FIRST);
} else if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_LEAST) {
  await import(new URL("../src/cli/kilowatch.ts", import.meta.url).href);
} else if (existsSync(newerNode)) {
  handOver();
} else {
  fail(SET_UP_FIRST);
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
