import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Sample } from "./figures.ts";
import { Machine } from "./machine.ts";

const StoredSample = z.object({
  measure: z.string(),
  subject: z.string(),
  run: z.number(),
  value: z.number(),
  unit: z.string(),
});

const Part = z.object({
  takenAt: z.string(),
  command: z.string(),
  commit: z.string(),
  scale: z.number(),
  machine: Machine,
  versions: z.record(z.string(), z.string()),
  samples: z.array(StoredSample),
  /** What went wrong, or must be known to read the figures. */
  notes: z.array(z.string()),
});
export type PartResult = z.output<typeof Part>;

const Stored = z.record(z.string(), Part);

/** Figures of all parts, kept in a file after every one of them: a part can be measured anew without the others. */
export class Results {
  readonly #path: string;
  readonly #parts: Record<string, PartResult>;

  constructor(path: string) {
    this.#path = path;
    this.#parts = existsSync(path) ? Stored.parse(JSON.parse(readFileSync(path, "utf8"))) : {};
  }

  get parts(): Readonly<Record<string, PartResult>> {
    return this.#parts;
  }

  get samples(): readonly Sample[] {
    return Object.values(this.#parts).flatMap(({ samples }) => samples);
  }

  /** Forgets what a part measured before. */
  begin(name: string, about: Omit<PartResult, "samples" | "notes">): void {
    this.#parts[name] = { ...about, samples: [], notes: [] };
  }

  record(name: string, sample: Sample): void {
    this.#part(name).samples.push(sample);
    this.#write();
  }

  note(name: string, text: string): void {
    this.#part(name).notes.push(text);
    this.#write();
  }

  #part(name: string): PartResult {
    const part = this.#parts[name];
    if (!part) throw new RangeError(`${name} has not begun`);
    return part;
  }

  #write(): void {
    // Renamed into place: what was measured is not lost to an end in the middle of writing.
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#parts, null, 1));
    renameSync(`${this.#path}.new`, this.#path);
  }
}
