import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";

/** The descriptor at which the engine's process finds the pipe of inserts: the first after IPC's. */
export const INSERT_PIPE_FD = 4;

/** The compiled package holds JavaScript, the checkout TypeScript. */
const CHILD_FILE = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url),
);
/** It keeps no objects of its own to speak of, and its helper threads have nothing to do. */
const NODE_FLAGS = [
  "--max-semi-space-size=1",
  "--max-old-space-size=256",
  "--v8-pool-size=1",
  "--expose-gc",
  "--disable-warning=ExperimentalWarning",
];
/**
 * All of its environment: it needs none of the server's, least of all its secrets. glibc gives the pieces of large messages back, and the engine's
 * own allocator what it has not used again for a fifth of a second, where it would keep it for longer.
 */
const ENVIRONMENT = {
  JE_MALLOC_CONF: "dirty_decay_ms:200,muzzy_decay_ms:0",
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "131072",
};

export interface EngineProcess {
  readonly child: ChildProcess;
  /** Frames of `insert-frames.ts`; its end asks the process to finish what it has and to end. */
  readonly inserts: Socket;
}

/** Tells the process that the one before it ended because of failed writes. */
export const WRITES_FAILED_FLAG = "--writes-failed";

/** Starts the engine's process on its folder. */
export function startEngineProcess(directory: string, writesFailed: boolean): EngineProcess {
  const child = fork(CHILD_FILE, [directory, ...(writesFailed ? [WRITES_FAILED_FLAG] : [])], {
    execArgv: NODE_FLAGS,
    env: ENVIRONMENT,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"],
  });
  // A pipe beyond the first three is a socket pair.
  return { child, inserts: child.stdio[INSERT_PIPE_FD] as Socket };
}
