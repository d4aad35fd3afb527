/** A value that its vendor changed after it had been read: both are kept, and the new one is the reading's. */
export interface Restatement {
  readonly series: number;
  /** The reading's own time, epoch ms. */
  readonly timeMs: number;
  /** When the new value came, epoch ms. */
  readonly foundAtMs: number;
  readonly formerValue: number;
  /** When its stretch of time had been asked for last before that, epoch ms: the former value had come by then. */
  readonly formerReceivedAtMs: number;
  readonly value: number;
}
