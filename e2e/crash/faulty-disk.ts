import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, closeSync, openSync, readSync, writeFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../server-process.ts";

const SOURCE = join(import.meta.dirname, "faulty-io.c");
const PRELOAD = pathToFileURL(join(import.meta.dirname, "faulty-engine.ts")).href;
const CONTROL_BYTES = 256;
/** Where its fields lie, as in faulty-io.c. */
const AT = { syncDelayMs: 0, syncErrno: 4, writeErrno: 8, spared: 12, failed: 16, delayed: 20, pathPart: 24 } as const;
const PATH_PART_BYTES = CONTROL_BYTES - AT.pathPart - 1;

/** Preloading is Linux' way, and the preloaded library is compiled here. */
export const mayFakeDisks = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;

export interface DiskFault {
  /** Concerns the files whose path holds this. */
  readonly pathPart: string;
  /** What a sync takes longer, ms. */
  readonly syncDelayMs?: number;
  readonly sync?: "EIO";
  readonly write?: "EIO" | "ENOSPC";
  /** Calls that still succeed before the first fails. */
  readonly spared?: number;
}

/** A disk whose writes and syncs can be made to fail or to be slow while a program runs on it. */
export class FaultyDisk implements Disposable {
  /** The settings of a program that is to run on it; its engine's process is reached as well. */
  readonly env: Readonly<Record<string, string>>;
  readonly #folder = temporaryFolder();
  readonly #control: number;

  /** Compiles the preloaded library. @throws Error when that fails */
  constructor() {
    const library = join(this.#folder.path, "faulty-io.so");
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl"], {
      stdio: "pipe",
    });
    const controlPath = join(this.#folder.path, "control");
    writeFileSync(controlPath, Buffer.alloc(CONTROL_BYTES));
    this.#control = openSync(controlPath, "r+");
    const nodePath = join(this.#folder.path, "node");
    const settings = { LD_PRELOAD: library, FAULTY_IO_CONTROL: controlPath };
    const assignments = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
    writeFileSync(nodePath, `#!/bin/sh\n${assignments.join(" ")} exec '${process.execPath}' "$@"\n`);
    chmodSync(nodePath, 0o755);
    this.env = { ...settings, NODE_OPTIONS: `--import=${PRELOAD}`, FAULTY_NODE: nodePath };
  }

  /** From now on, and instead of what was asked for before. */
  be({ pathPart, syncDelayMs = 0, sync, write, spared = 0 }: DiskFault): void {
    const control = Buffer.alloc(CONTROL_BYTES);
    if (Buffer.byteLength(pathPart) > PATH_PART_BYTES) throw new RangeError(`${pathPart} is too long`);
    control.write(pathPart, AT.pathPart);
    control.writeInt32LE(spared, AT.spared);
    control.writeInt32LE(syncDelayMs, AT.syncDelayMs);
    control.writeInt32LE(sync ? constants.errno[sync] : 0, AT.syncErrno);
    control.writeInt32LE(write ? constants.errno[write] : 0, AT.writeErrno);
    // The path is there before a fault that looks at it.
    this.heal();
    writeSync(this.#control, control, AT.pathPart, CONTROL_BYTES - AT.pathPart, AT.pathPart);
    writeSync(this.#control, control, 0, AT.pathPart, 0);
  }

  /** Works as a disk should. */
  heal(): void {
    writeSync(this.#control, Buffer.alloc(AT.spared), 0, AT.spared, 0);
  }

  /** Calls that failed since the last fault began. */
  get failed(): number {
    return this.#count(AT.failed);
  }

  /** Syncs that took longer since the last fault began. */
  get delayed(): number {
    return this.#count(AT.delayed);
  }

  [Symbol.dispose](): void {
    closeSync(this.#control);
    this.#folder[Symbol.dispose]();
  }

  #count(at: number): number {
    const bytes = Buffer.alloc(4);
    readSync(this.#control, bytes, 0, 4, at);
    return bytes.readInt32LE();
  }
}
