import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { type Catalogue, openCatalogue } from "./catalogue.ts";
import type { ContractDatabase } from "./contract.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { NewDevice } from "./devices.ts";
import { type InstallationKey, knownKey } from "./sealing/installation-key.ts";

export const SITE = {
  name: "Calama",
  timezone: "America/Santiago",
  latitude: -22.5,
  longitude: -68.9,
  peakPowerW: 750_000,
};
export const CONNECTION = {
  name: "Fleet",
  vendor: "energygrid",
  baseUrl: "http://localhost:3000",
  pollIntervalMs: 60_000,
};

export function inverter(siteId: string, serialNumber: string | null, connectionId: string | null = null): NewDevice {
  return {
    siteId,
    name: serialNumber ?? "nameless",
    kind: "inverter",
    serialNumber,
    manufacturer: null,
    model: null,
    ratedPowerW: 5_000,
    connectionId,
  };
}

/** A catalogue of its own for each test of a `describe`. */
export class Scene {
  readonly clock = new VirtualClock();
  #database: ContractDatabase | undefined;
  #catalogue: Catalogue | undefined;
  #folder = "";

  constructor(make: () => Promise<ContractDatabase>, { isOpen }: { readonly isOpen: boolean } = { isOpen: true }) {
    beforeEach(async () => {
      this.#database = await make();
      this.#folder = mkdtempSync(join(tmpdir(), "kilowatch-catalogue-"));
      if (isOpen) this.#catalogue = await this.open();
    });
    afterEach(async () => {
      await this.#catalogue?.close();
      await this.#database?.remove();
      rmSync(this.#folder, { recursive: true });
    });
  }

  get catalogue(): Catalogue {
    if (!this.#catalogue) throw new Error("a scene is there within a test only");
    return this.#catalogue;
  }

  get database(): ContractDatabase {
    if (!this.#database) throw new Error("a scene is there within a test only");
    return this.#database;
  }

  /** The data folder. */
  get folder(): string {
    return this.#folder;
  }

  /** Another server on the same database; whoever asks for it closes it. */
  open(key: InstallationKey = knownKey(Buffer.alloc(32, 3))): Promise<Catalogue> {
    return openCatalogue(this.database.place, key, this.clock, this.#folder);
  }

  async close(): Promise<void> {
    await this.#catalogue?.close();
    this.#catalogue = undefined;
  }

  async reopen(key?: InstallationKey): Promise<Catalogue> {
    await this.close();
    this.#catalogue = await this.open(key);
    return this.#catalogue;
  }

  /** Looks into the database past the repositories. */
  async past<T>(look: (database: CatalogueDatabase) => Promise<T>): Promise<T> {
    const database = this.database.connect();
    try {
      return await look(database);
    } finally {
      await database.destroy();
    }
  }
}
