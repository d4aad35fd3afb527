import type { Session } from "chdb";

/** How often merges are looked after, ms. Their sources lie on disk for `old_parts_lifetime` (60 s), so it must be well below. */
export const WRITES_LOOKED_AT_EVERY_MS = 15_000;

/** The count of `write` calls that failed, whoever made them. */
const FAILED_WRITES = "SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'";

/**
 * Tells whether a write to disk has failed since the process began.
 *
 * chDB 26.7 answers an insert, and ends a merge, as if all were well when a `write` fails (EIO, ENOSPC, EFBIG; a failed fsync it does tell): it
 * puts the cut-off part in its place. Nothing may be acknowledged on its word alone. A start afresh finds the cut-off parts and sets them aside.
 */
export class WriteWatch {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @throws WriteFailed */
  async check(): Promise<void> {
    const count = Number((await this.#session.queryAsync(FAILED_WRITES, { format: "TSV" })).text().trim());
    if (count > 0) throw new WriteFailed(`${count} writes to disk failed`);
  }
}

/** What the process has written may be cut off: it must not answer for it, and must begin afresh. */
export class WriteFailed extends Error {
  override readonly name = "WriteFailed";
}
