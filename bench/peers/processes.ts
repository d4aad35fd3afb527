import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "./connection.ts";

const HOST = "127.0.0.1";
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 120_000;
/** USER_HZ of Linux: /proc counts CPU time in ticks of 10 ms. */
const TICK_MS = 10;

/** A port of the loopback that is free now. */
export async function freeAddress(): Promise<Address> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, HOST, listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return { host: HOST, port: address.port };
}

/** A program in a process of its own; its output goes to a file in the folder it works on. */
export class Program {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #logPath: string;

  constructor(command: string, args: readonly string[], logPath: string, env: NodeJS.ProcessEnv = process.env) {
    const log = openSync(logPath, "w");
    this.#child = spawn(command, args, { stdio: ["ignore", log, log], env });
    this.#exited = new Promise((exited) => {
      this.#child.once("exit", () => exited());
      this.#child.once("error", () => exited());
    });
    this.#logPath = logPath;
    if (this.#child.pid === undefined) throw new Error(`${command} did not start`);
    this.pid = this.#child.pid;
    // Whatever ends the measuring process, its peers end with it.
    process.once("exit", this.#kill);
  }

  get output(): string {
    return readFileSync(this.#logPath, "utf8");
  }

  /** Waits until it is ready. @throws with the end of its output when it ends before, or takes too long */
  async untilReady(isReady: () => Promise<boolean>): Promise<void> {
    const beganMs = performance.now();
    while (performance.now() - beganMs < START_MS_MAX) {
      if (this.#child.exitCode !== null) break;
      if (await isReady().catch(() => false)) return;
      await sleep(20);
    }
    this.#kill();
    throw new Error(`it did not become ready:\n${this.output.slice(-2_000)}`);
  }

  /** SIGTERM, and SIGKILL when that does not help. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(this.#kill, STOP_MS_MAX);
    await this.#exited;
    clearTimeout(timer);
    process.off("exit", this.#kill);
  }

  readonly #kill = (): void => {
    this.#child.kill("SIGKILL");
  };
}

/** A process and all its descendants. */
export function processTree(pid: number): number[] {
  const childrenOf = (parent: number): number[] => {
    try {
      const text = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
      return text === "" ? [] : text.split(" ").map(Number);
    } catch {
      return [];
    }
  };
  return [pid, ...childrenOf(pid).flatMap(processTree)];
}

/** Resident memory of processes, bytes. Pages that they share are counted in each: never less than what they take. */
export function residentBytes(processIds: readonly number[]): number {
  return total(processIds, (pid) => kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+)/m));
}

/** What of `residentBytes` is the processes' own, bytes: neither program text nor files, which the system takes back when it needs the room. */
export function anonymousBytes(processIds: readonly number[]): number {
  return total(processIds, (pid) => kilobytes(`/proc/${pid}/status`, /^RssAnon:\s+(\d+)/m));
}

/** Proportional memory of processes, bytes: a page that several of them hold is counted once. */
export function proportionalBytes(processIds: readonly number[]): number {
  return total(processIds, (pid) => kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m));
}

/** User and system time of all threads of processes, ms. */
export function cpuMs(processIds: readonly number[]): number {
  return total(processIds, (pid) => {
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it.
    const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
    const [user, system] = afterName.split(" ").slice(11, 13).map(Number);
    return ((user ?? 0) + (system ?? 0)) * TICK_MS;
  });
}

/** A process that has ended counts for nothing. */
function total(processIds: readonly number[], of: (pid: number) => number): number {
  return processIds.reduce((sum, pid) => {
    try {
      return sum + of(pid);
    } catch {
      return sum;
    }
  }, 0);
}

function kilobytes(path: string, pattern: RegExp): number {
  return 1_024 * Number(pattern.exec(readFileSync(path, "utf8"))?.[1] ?? 0);
}

/** Bytes of all files under a folder, links and what vanishes meanwhile left out; hard links are counted once. */
export function folderBytes(folder: string, isCounted: (path: string) => boolean = () => true): number {
  const seen = new Set<number>();
  const bytesOf = (path: string): number => {
    try {
      const { ino, size } = statSync(path);
      if (seen.has(ino)) return 0;
      seen.add(ino);
      return size;
    } catch {
      return 0;
    }
  };
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter(isCounted)
      .reduce((total, path) => total + bytesOf(path), 0);
  } catch {
    return 0;
  }
}
