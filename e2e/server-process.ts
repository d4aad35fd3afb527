import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAM = resolve(import.meta.dirname, "../bin/kilowatch.mjs");
const START_MS_MAX = 60_000;
/** What the program prints of itself ends a line; addresses in its log do not. */
const OWN_URL = /(?:^| )(https?:\/\/[^\s"]+)$/m;

export interface StartOptions {
  readonly command?: "demo" | "serve";
  readonly dataDir: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The program ended before it was ready. */
export class EndedEarly extends Error {
  override readonly name = "EndedEarly";
  /** What ended it; null when it ended by itself. */
  readonly signal: NodeJS.Signals | null;

  constructor(signal: NodeJS.Signals | null, output: string) {
    super(`it ended early (${signal ?? "by itself"}):\n${output}`);
    this.signal = signal;
  }
}

/** The real program in processes of its own, as a user starts it. */
export class ServerProcess {
  readonly url: string;
  readonly signInLink: string;
  /** From the start of the process until it answered `/readyz` with 200, ms. */
  readonly readyMs: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #output: () => string;

  private constructor(started: Started, readyMs: number) {
    this.#child = started.child;
    this.#exited = started.exited;
    this.#output = started.output;
    this.url = OWN_URL.exec(started.output())?.[1] ?? "";
    this.signInLink = /https?:\/\/\S+code=\S+/.exec(started.output())?.[0] ?? "";
    this.readyMs = readyMs;
  }

  /** Starts the program and waits until it is ready. @throws EndedEarly with what it printed when it ends before. */
  static async start(options: StartOptions): Promise<ServerProcess> {
    const beganMs = performance.now();
    const started = launch(options);
    while (performance.now() - beganMs < START_MS_MAX) {
      const { exitCode, signalCode } = started.child;
      if (exitCode !== null || signalCode !== null) {
        // What it printed last may still be in the pipe.
        await started.exited;
        throw new EndedEarly(signalCode, started.output());
      }
      const url = /code=\S+/.test(started.output()) && OWN_URL.exec(started.output())?.[1];
      const answer = url ? await fetch(`${url}/readyz`).catch(() => null) : null;
      if (answer?.ok) return new ServerProcess(started, performance.now() - beganMs);
      await sleep(10);
    }
    started.child.kill("SIGKILL");
    throw new Error(`not ready after ${START_MS_MAX} ms:\n${started.output()}`);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the process did not start");
    return this.#child.pid;
  }

  /** False once its process has ended. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when its process ends, however it ends. */
  get ended(): Promise<unknown> {
    return this.#exited;
  }

  get output(): string {
    return this.#output();
  }

  /** The engine's process. */
  get enginePid(): number {
    const [pid] = childrenOf(this.pid);
    if (pid === undefined) throw new Error("there is no engine process");
    return pid;
  }

  /** `kill -9`: of the server alone, or of its engine at the same moment. */
  async kill(whom: "server" | "all"): Promise<void> {
    process.kill(whom === "all" ? -this.pid : this.pid, "SIGKILL");
    await this.#exited;
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return this.#exited;
  }
}

/** Runs the program until it ends by itself; for starts that must fail. */
export async function runToEnd(options: StartOptions): Promise<{ code: number | null; output: string }> {
  const started = launch(options);
  const timer = setTimeout(() => started.child.kill("SIGKILL"), START_MS_MAX);
  const code = await started.exited;
  clearTimeout(timer);
  return { code, output: started.output() };
}

/** A folder that is removed when it goes out of scope. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "kilowatch-e2e-"));
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  };
}

/** Process ids of a process' children. */
export function childrenOf(pid: number): number[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" });
  const rows = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.filter(([, parent]) => parent === pid).map(([child]) => child ?? 0);
}

interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly output: () => string;
}

function launch({ command = "demo", dataDir, port = 0, env = {} }: StartOptions): Started {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("KILOWATCH_") && name !== "NODE_ENV",
  );
  const child = spawn(process.execPath, [PROGRAM, command, "--data-dir", dataDir, "--port", String(port)], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that the server and its engine can be killed at one moment.
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exited = new Promise<number | null>((ended) => child.once("exit", (code) => ended(code)));
  return { child, exited, output: () => output };
}
