import { DomainError, StorageUnavailable } from "../../domain/errors.ts";

/** Longer than a limit, on the wire or unpacked. */
export class BodyTooLarge extends DomainError {}

/** Its sender stopped, or is too slow to be waited for. */
export class BodyTooSlow extends DomainError {}

/** It ended before it was whole, or is no gzip although it says so. */
export class BodyDamaged extends DomainError {}

/** Packed in a way that is not known. */
export class EncodingUnknown extends DomainError {}

/** More bodies at once than are kept in memory; nothing of this one was stored. */
export class ServerBusy extends StorageUnavailable {
  constructor() {
    super("Too many readings are on their way in; send them again in a second.", 1);
  }
}
