import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { BadUse, CommandFailed } from "./exit-codes.ts";

/** Where a report goes, and in which form; the name's ending says it. */
export interface OutputFile<F extends string> {
  readonly path: string;
  readonly format: F;
}

/** For an option that may be given more than once. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Checks before the work begins that the file can be written after it. @throws BadUse */
export async function checkOutputFile<F extends string>(path: string, formats: readonly F[]): Promise<OutputFile<F>> {
  const format = formats.find((name) => extname(path).toLowerCase() === `.${name}`);
  if (!format) throw new BadUse(`--out must end in ${formats.map((name) => `.${name}`).join(" or ")}: ${path}`);
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new BadUse(`--out: the folder ${missing ? "does not exist" : "cannot be written"}: ${folder}`);
  }
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) throw new BadUse(`--out names a folder: ${path}`);
  return { path, format };
}

/** Writes the whole file or leaves what was there: a reader never sees half. @throws CommandFailed */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(draft, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new CommandFailed(`The report could not be written to ${path}: ${(error as Error).message}`);
  }
}
