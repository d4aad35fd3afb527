import type { Clock } from "../domain/clock.ts";
import { InvalidInput, StorageUnavailable } from "../domain/errors.ts";
import type { CatalogueDatabase } from "./database.ts";

/** How long an answer is kept for a repetition of its request, ms. */
export const ANSWER_KEPT_MS = 24 * 3_600_000;

/** A request that its sender may repeat, and must not be carried out twice. */
export interface RepeatableRequest {
  readonly ownerId: string;
  /** As the sender chose it, unique among their own. */
  readonly key: string;
  /** What was asked for: a repetition asks for the same. */
  readonly fingerprint: string;
}

/** Answers to requests that were made with an `Idempotency-Key`. */
export class AnsweredRequests {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;
  /** Requests that are being carried out, by owner and key. */
  readonly #underway = new Map<string, Promise<unknown>>();

  constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Carries a request out, unless it was: then its answer is given again. A repetition that comes meanwhile waits.
   * A repetition does it again only if the note of the deed could not be written: the server crashed between the two, or the catalogue took nothing any more.
   * @param act what it answers is kept as JSON: nothing secret may be in it
   * @throws InvalidInput when the key was used for another request; what `act` throws, which is not kept
   */
  async once(
    request: RepeatableRequest,
    act: () => Promise<unknown>,
  ): Promise<{ answer: unknown; isRepeated: boolean }> {
    const place = JSON.stringify([request.ownerId, request.key]);
    for (let other = this.#underway.get(place); other; other = this.#underway.get(place)) await other.catch(() => {});
    const done = this.#answer(request, act);
    this.#underway.set(place, done);
    try {
      return await done;
    } finally {
      this.#underway.delete(place);
    }
  }

  async #answer(
    { ownerId, key, fingerprint }: RepeatableRequest,
    act: () => Promise<unknown>,
  ): Promise<{ answer: unknown; isRepeated: boolean }> {
    const nowMs = this.#clock.nowMs();
    const kept = await this.#database
      .selectFrom("answered_request")
      .selectAll()
      .where("owner_id", "=", ownerId)
      .where("key", "=", key)
      .where("answered_at_ms", ">", nowMs - ANSWER_KEPT_MS)
      .executeTakeFirst();
    if (kept && kept.fingerprint !== fingerprint) {
      throw new InvalidInput([{ path: "Idempotency-Key", message: "was used for another request: choose a new one" }]);
    }
    if (kept) return { answer: JSON.parse(kept.answer) as unknown, isRepeated: true };
    const answer = await act();
    try {
      await this.#note({ ownerId, key, fingerprint }, answer, nowMs);
    } catch (error) {
      // It is done: whoever asked must hear that, and would do it again if they heard of the note.
      if (!(error instanceof StorageUnavailable)) throw error;
    }
    return { answer, isRepeated: false };
  }

  async #note({ ownerId, key, fingerprint }: RepeatableRequest, answer: unknown, nowMs: number): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom("answered_request")
        .where("answered_at_ms", "<=", nowMs - ANSWER_KEPT_MS)
        .execute();
      await transaction
        .insertInto("answered_request")
        .values({ owner_id: ownerId, key, fingerprint, answer: JSON.stringify(answer), answered_at_ms: nowMs })
        .execute();
    });
  }
}
