import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../server-process.ts";

/** Room for the program, which wants some MB for itself, beside the ballast. */
const DISK_BYTES = 96 * 1024 ** 2;

/** Mounting needs root, which a person who runs the suite at home is not. */
export const mayMount = process.platform === "linux" && process.getuid?.() === 0;

export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Puts ballast on it until `leaveBytes` are free. */
  fill(leaveBytes: number): void;
  /** Takes the ballast away. */
  makeRoom(): void;
}

/** A file system in memory. @throws Error when it cannot be mounted. */
export function smallDisk(): SmallDisk {
  const folder = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES},mode=700`, "tmpfs", folder.path], {
      stdio: "pipe",
    });
  } catch (error) {
    folder[Symbol.dispose]();
    throw new Error("Root may usually mount a tmpfs, and could not here: give the container CAP_SYS_ADMIN.", {
      cause: error,
    });
  }
  const ballast = join(folder.path, "ballast");
  return {
    path: folder.path,
    fill(leaveBytes) {
      const { bavail, bsize } = statfsSync(folder.path);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
    },
    makeRoom: () => rmSync(ballast),
    [Symbol.dispose]() {
      execFileSync("umount", ["--lazy", folder.path]);
      folder[Symbol.dispose]();
    },
  };
}
