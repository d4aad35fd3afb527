import { InvalidInput } from "../domain/errors.ts";
import type { Restatement } from "../domain/restatement.ts";
import { inPieces } from "./bulk.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { Page, PageRequest } from "./page.ts";

/** Values that vendors changed after they had been read, with what they were. */
export class Restatements {
  readonly #database: CatalogueDatabase;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
  }

  /** Keeps them all; one that is there already (same series, time and finding) is kept as it is. */
  async add(restatements: readonly Restatement[]): Promise<void> {
    await inPieces(restatements, (piece) =>
      this.#database
        .insertInto("restatement")
        .values(
          piece.map((each) => ({
            series: each.series,
            time_ms: each.timeMs,
            found_at_ms: each.foundAtMs,
            former_value: each.formerValue,
            former_received_at_ms: each.formerReceivedAtMs,
            value: each.value,
          })),
        )
        .onConflict((conflict) => conflict.columns(["series", "time_ms", "found_at_ms"]).doNothing())
        .execute(),
    );
  }

  /** Those of a series by the readings' times, and of one reading by when they were found; the oldest first. @throws InvalidInput */
  async list(series: number, { limit, cursor }: PageRequest): Promise<Page<Restatement>> {
    const after = cursor === undefined ? null : placeOf(cursor);
    const rows = await this.#database
      .selectFrom("restatement")
      .selectAll()
      .where("series", "=", series)
      .$if(after !== null, (query) =>
        query.where((is) =>
          is.or([
            is("time_ms", ">", after?.timeMs ?? 0),
            is.and([is("time_ms", "=", after?.timeMs ?? 0), is("found_at_ms", ">", after?.foundAtMs ?? 0)]),
          ]),
        ),
      )
      .orderBy("time_ms")
      .orderBy("found_at_ms")
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map(
      (row): Restatement => ({
        series: row.series,
        timeMs: row.time_ms,
        foundAtMs: row.found_at_ms,
        formerValue: row.former_value,
        formerReceivedAtMs: row.former_received_at_ms,
        value: row.value,
      }),
    );
    const last = items.at(-1);
    return { items, nextCursor: rows.length > limit && last ? cursorOf(last) : null };
  }
}

function cursorOf({ timeMs, foundAtMs }: Restatement): string {
  return Buffer.from(`${timeMs}-${foundAtMs}`, "latin1").toString("base64url");
}

function placeOf(cursor: string): { readonly timeMs: number; readonly foundAtMs: number } {
  const [, time, found] = /^(\d{1,15})-(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (time === undefined)
    throw new InvalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
  return { timeMs: Number(time), foundAtMs: Number(found) };
}
