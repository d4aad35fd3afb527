import type { CatalogueDatabase } from "./database.ts";
import type { Sealing } from "./sealing/sealing.ts";
import { ownSecretPlace } from "./sealing/stored-secrets.ts";

/** Secrets that this installation makes for itself once and keeps, sealed. */
export class OwnSecrets {
  readonly #database: CatalogueDatabase;
  readonly #sealing: Sealing;

  constructor(database: CatalogueDatabase, sealing: Sealing) {
    this.#database = database;
    this.#sealing = sealing;
  }

  /** The secret of that name; made by `make` the first time. */
  async getOrMake(name: string, make: () => Promise<string>): Promise<string> {
    const place = ownSecretPlace(name);
    const find = () =>
      this.#database.selectFrom("own_secret").select("sealed").where("name", "=", name).executeTakeFirst();
    const found = await find();
    if (found) return this.#sealing.open(found.sealed, place);
    const sealed = this.#sealing.seal(await make(), place);
    await this.#database
      .insertInto("own_secret")
      .values({ name, sealed })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    // Read back rather than returned: of two that start at once, both must use the one that was stored.
    const stored = await find();
    return this.#sealing.open(stored?.sealed ?? sealed, place);
  }
}
