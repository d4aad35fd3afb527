import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const PROGRAM = fileURLToPath(new URL("kilowatch.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  /** What comes through stdin; nothing unless told. */
  readonly input?: string;
  /** Called once the program runs; may send it a signal. */
  readonly meanwhile?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>;
}

/** Runs the real program to its end. */
export async function kilowatch(args: readonly string[], { env = {}, input, meanwhile }: Setting = {}): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env,
    // A program that does not end must not outlive its test.
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  // A program that has seen enough closes it.
  child.stdin.on("error", () => {}).end(input ?? "");
  const closed = once(child, "close");
  await meanwhile?.((signal) => child.kill(signal));
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}
