/** What one protocol has brought since the start. */
export interface ProtocolCount {
  requests: number;
  readings: number;
  /** Bytes of the bodies that were stored, unpacked. */
  bytes: number;
  /** Bodies of which nothing was stored, whoever's fault it was. */
  refused: number;
}

/** Counts by protocol, for Prometheus. */
export class ProtocolCounts {
  readonly #byProtocol = new Map<string, ProtocolCount>();

  stored(protocol: string, readings: number, bytes: number): void {
    const count = this.#of(protocol);
    count.requests++;
    count.readings += readings;
    count.bytes += bytes;
  }

  refused(protocol: string): void {
    this.#of(protocol).refused++;
  }

  all(): ReadonlyMap<string, Readonly<ProtocolCount>> {
    return this.#byProtocol;
  }

  #of(protocol: string): ProtocolCount {
    const count = this.#byProtocol.get(protocol) ?? { requests: 0, readings: 0, bytes: 0, refused: 0 };
    this.#byProtocol.set(protocol, count);
    return count;
  }
}
