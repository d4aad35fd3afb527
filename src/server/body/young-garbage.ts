import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes of bodies after which what they left behind is collected. */
export const COLLECTED_EVERY_BYTES = 16 * 1024 ** 2;

/**
 * Collects what bodies leave behind. Their chunks are array buffers, of which V8's heap sees little more than a pointer each: the memory of
 * hundreds of megabytes would wait for the next collection of the whole heap. One of the young generation frees it in about a millisecond.
 */
export class YoungGarbage {
  readonly #collect: () => void;
  #bytes = 0;

  constructor(collect: () => void = collectYoung) {
    this.#collect = collect;
  }

  /** So many bytes of bodies came in. */
  came(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < COLLECTED_EVERY_BYTES) return;
    this.#bytes = 0;
    this.#collect();
  }
}

type Collect = (options: { readonly type: "minor" }) => void;

let gc: Collect | undefined;

/** V8 gives its collector to contexts that are made after the flag is set. */
function collectYoung(): void {
  if (!gc) {
    setFlagsFromString("--expose-gc");
    gc = runInNewContext("gc") as Collect;
  }
  gc({ type: "minor" });
}
