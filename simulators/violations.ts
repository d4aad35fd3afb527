/** A breach of the vendor's contract by a client. `Kind` names the rules that this vendor has. */
export interface Violation<Kind extends string = string> {
  readonly kind: Kind;
  /** Number of the request, from 1, in order of being seen; 0 for what was no HTTP request. */
  readonly request: number;
  /** When it was seen: wall time (epoch ms), and monotonic time (ms) to reckon with. */
  readonly atMs: number;
  readonly monotonicMs: number;
  /** One sentence; never a token or a signature. */
  readonly detail: string;
}

/** The newest that are kept; the counts go on. */
export const VIOLATIONS_KEPT_MAX = 1_000;

export class ViolationLog<Kind extends string = string> implements Iterable<Violation<Kind>> {
  readonly #countByKind = new Map<Kind, number>();
  readonly #kept: Violation<Kind>[] = [];
  readonly #told: ((violation: Violation<Kind>) => void) | undefined;

  constructor(told?: (violation: Violation<Kind>) => void) {
    this.#told = told;
  }

  /** How many there have been, kept or not. */
  get count(): number {
    return [...this.#countByKind.values()].reduce((sum, count) => sum + count, 0);
  }

  add(violation: Violation<Kind>): void {
    this.#countByKind.set(violation.kind, this.countOf(violation.kind) + 1);
    this.#kept.push(violation);
    if (this.#kept.length > VIOLATIONS_KEPT_MAX) this.#kept.shift();
    this.#told?.(violation);
  }

  countOf(kind: Kind): number {
    return this.#countByKind.get(kind) ?? 0;
  }

  [Symbol.iterator](): Iterator<Violation<Kind>> {
    return this.#kept.values();
  }
}
