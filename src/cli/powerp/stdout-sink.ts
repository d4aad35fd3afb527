import { printAll } from "../terminal.ts";
import type { PieceSink } from "./download-file.ts";

/** Hands pieces on to stdout, no faster than its reader takes them. Nothing can go on there. */
export class StdoutSink implements PieceSink {
  readonly earlier = { pieces: 0, rows: 0 };
  readonly unclaimed = 0;
  #header: string;

  constructor(header: string) {
    this.#header = header;
  }

  has(): boolean {
    return false;
  }

  async add(_key: string, text: Iterable<string>): Promise<void> {
    await this.#writeHeader();
    for (const part of text) await printAll(part);
  }

  async close(complete: boolean): Promise<void> {
    if (complete) await this.#writeHeader();
  }

  async #writeHeader(): Promise<void> {
    const header = this.#header;
    this.#header = "";
    if (header !== "") await printAll(header);
  }
}
