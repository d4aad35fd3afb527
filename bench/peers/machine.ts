import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { z } from "zod";

export const Machine = z.object({
  cpu: z.string(),
  cores: z.number(),
  memoryGib: z.number(),
  kernel: z.string(),
  fileSystem: z.string(),
  node: z.string(),
});
export type Machine = z.output<typeof Machine>;

/** What the figures were taken on. */
export function describeMachine(workFolder: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    fileSystem: fileSystemOf(workFolder),
    node: process.version,
  };
}

/** Kind of the file system that a folder lies on: of the longest mount point that leads to it. */
function fileSystemOf(folder: string): string {
  try {
    const mounts = readFileSync("/proc/mounts", "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, point = ""]) => point === "/" || folder === point || folder.startsWith(`${point}/`));
    return mounts.toSorted(([, a = ""], [, b = ""]) => b.length - a.length)[0]?.[2] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** The commit that is measured, marked when files differ from it. */
export function commitText(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { encoding: "utf8", cwd: import.meta.dirname }).trim();
    return (
      git("rev-parse", "--short", "HEAD") +
      (git("status", "--porcelain", "--", "../../src") === "" ? "" : ", with changes")
    );
  } catch {
    return "unknown";
  }
}
