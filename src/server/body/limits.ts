/** What a pushed body may cost. A body past a limit is refused while it streams, and nothing of it is stored. */
export interface BodyLimits {
  /** Bytes as they come over the network. */
  readonly wireBytesMax: number;
  /** Bytes after unpacking. */
  readonly unpackedBytesMax: number;
  /** Unpacked bytes for each byte that came, once more than `ratioFreeBytes` were unpacked. */
  readonly ratioMax: number;
  readonly ratioFreeBytes: number;
  /** Bodies that are read or wait to be stored at once. */
  readonly bodiesMax: number;
  /** Unpacked bytes of all these bodies together; a body that is alone may have its own limit. */
  readonly heldBytesMax: number;
  /** Longest time without a byte, ms. */
  readonly silenceMsMax: number;
  /** From this age on, ms, a body must have brought `bytesPerSecondMin` for each second of it. */
  readonly paceAfterMs: number;
  readonly bytesPerSecondMin: number;
}

export const BODY_LIMITS: BodyLimits = {
  wireBytesMax: 64 * 1_048_576,
  unpackedBytesMax: 128 * 1_048_576,
  ratioMax: 200,
  ratioFreeBytes: 1_048_576,
  bodiesMax: 256,
  heldBytesMax: 128 * 1_048_576,
  silenceMsMax: 10_000,
  paceAfterMs: 30_000,
  bytesPerSecondMin: 1_024,
};
