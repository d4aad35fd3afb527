/** A breach of the vendor's contract by a client. */
export interface Violation {
  readonly kind: "rate" | "signature" | "batch" | "body" | "method" | "path";
  /** Number of the request, from 1, in order of being seen. */
  readonly request: number;
  /** When it was seen: wall time (epoch ms), and monotonic time (ms) to reckon with. */
  readonly atMs: number;
  readonly monotonicMs: number;
  /** One sentence; never a token or a signature. */
  readonly detail: string;
}

/** The newest that are kept; the counts go on. */
const KEPT_MAX = 1_000;

export class ViolationLog implements Iterable<Violation> {
  readonly #countByKind = new Map<Violation["kind"], number>();
  readonly #kept: Violation[] = [];
  readonly #told: ((violation: Violation) => void) | undefined;

  constructor(told?: (violation: Violation) => void) {
    this.#told = told;
  }

  /** How many there have been, kept or not. */
  get count(): number {
    return [...this.#countByKind.values()].reduce((sum, count) => sum + count, 0);
  }

  add(violation: Violation): void {
    this.#countByKind.set(violation.kind, this.countOf(violation.kind) + 1);
    this.#kept.push(violation);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
    this.#told?.(violation);
  }

  countOf(kind: Violation["kind"]): number {
    return this.#countByKind.get(kind) ?? 0;
  }

  [Symbol.iterator](): Iterator<Violation> {
    return this.#kept.values();
  }
}
