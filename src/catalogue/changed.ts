import { DomainError } from "../domain/errors.ts";

/** An object as it is kept, with the version by which a change names what it was made from. */
export interface Versioned<Item> {
  readonly item: Item;
  /** From 1 on. */
  readonly version: number;
}

/** What of an object is to change; what is left out stays. */
export type Patch<Item> = { readonly [Field in keyof Item]?: Item[Field] | undefined };

/** Somebody has changed the object since the asker read it. */
export class ChangedMeanwhile extends DomainError {
  constructor(object: string) {
    super(`The ${object} has been changed since it was read: read it again, and then change it.`);
  }
}
