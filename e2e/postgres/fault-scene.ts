import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Catalogue, openCatalogue } from "../../src/catalogue/catalogue.ts";
import type { PostgresAddress } from "../../src/catalogue/postgres/address.ts";
import { knownKey } from "../../src/catalogue/sealing/installation-key.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { StorageUnavailable } from "../../src/domain/errors.ts";
import { POSTGRES_USER, PostgresServer } from "./postgres-server.ts";

/** A server for a file's tests, and for each test a database with a catalogue on it. */
export class FaultScene {
  #server: PostgresServer | undefined;
  #folder = "";
  #open: { readonly name: string; catalogue: Catalogue } | undefined;

  constructor() {
    beforeAll(async () => {
      this.#server = await PostgresServer.start();
    });
    afterAll(() => this.#server?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      const name = await this.server.makeDatabase();
      this.#folder = mkdtempSync(join(tmpdir(), "kilowatch-faults-"));
      this.#open = { name, catalogue: await this.open(this.server.addressOf({ database: name })) };
    });
    afterEach(async () => {
      await this.catalogue.close();
      await this.server.dropDatabase(this.name);
      rmSync(this.#folder, { recursive: true });
    });
  }

  get server(): PostgresServer {
    return there(this.#server);
  }

  /** Of the database. */
  get name(): string {
    return there(this.#open).name;
  }

  get address(): PostgresAddress {
    return this.server.addressOf({ database: this.name });
  }

  get catalogue(): Catalogue {
    return there(this.#open).catalogue;
  }

  /** Another server on it; whoever asks for it closes it. */
  open(at = this.address): Promise<Catalogue> {
    return openCatalogue(at, knownKey(Buffer.alloc(32, 3)), systemClock, this.#folder);
  }

  async reopen(): Promise<void> {
    there(this.#open).catalogue = await this.open();
  }

  /** Ids of the sites, past Kilowatch. */
  async sitesStored(): Promise<unknown[]> {
    return (await this.server.sql("SELECT id FROM site ORDER BY id", this.name)).map(({ id }) => id);
  }
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("it is there within a test only");
  return part;
}

/** The call must fail so that its caller asks again, and with an error that keeps the password and the server to itself. */
export async function expectUnavailable(call: Promise<unknown>, reason: RegExp): Promise<void> {
  const error: unknown = await call.then(
    () => "it did not fail",
    (rejection: unknown) => rejection,
  );
  expect(error).toBeInstanceOf(StorageUnavailable);
  const { message, retryAfterS } = error as StorageUnavailable;
  expect(retryAfterS).toBe(5);
  expect(message).toMatch(reason);
  expect(message).not.toContain("127.0.0.1");
  const everything = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true });
  expect(everything).not.toContain(POSTGRES_USER.password);
}
