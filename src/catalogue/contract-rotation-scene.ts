import { existsSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KyselyPlugin } from "kysely";
import { expect } from "vitest";
import { newestOf } from "./audit/fault.ts";
import { AUDIT_HEAD_FILE, HeadFile } from "./audit/head-file.ts";
import { type AuditVerdict, verifyAudit } from "./audit/verify.ts";
import type { Catalogue } from "./catalogue.ts";
import type { ContractDatabase } from "./contract.ts";
import { CONNECTION, Scene } from "./contract-scene.ts";
import { encrypt } from "./sealing/cipher.ts";
import { sealingToRead, unwrapAll, wrappedKeys } from "./sealing/data-keys.ts";
import { DataFolderKey, type InstallationKey, KEY_FILE, NEXT_KEY_FILE } from "./sealing/installation-key.ts";
import { FORMER_VERSION, MasterKey } from "./sealing/master-key.ts";
import { type Rotated, rotate } from "./sealing/rotation.ts";
import { replaceSealed, storedSecrets } from "./sealing/stored-secrets.ts";

/** A passphrase, or null for the key file. */
export type Passphrase = string | null;

/** The process ends: nothing is done from then on. */
class Crash extends Error {}

const masters = new Map<string, MasterKey>();
/** Each passphrase is stretched once: that takes longer than all else here. */
function masterOf(passphrase: string): MasterKey {
  const master = masters.get(passphrase) ?? MasterKey.ofPassphrase(passphrase);
  masters.set(passphrase, master);
  return master;
}

/** As version 1 sealed it, with the master key itself. */
export function sealedByVersion1(masterBytes: Buffer, secret: string, place: string): Buffer {
  return Buffer.concat([Uint8Array.of(FORMER_VERSION), encrypt(masterBytes, Buffer.from(secret), Buffer.from(place))]);
}

/** A catalogue whose key is rotated, and crashes meanwhile. */
export class RotationScene extends Scene {
  /** What there is to open: tokens by the ids of their connections, and secrets of its own by their names. */
  readonly secrets = new Map<string, string>();

  constructor(make: () => Promise<ContractDatabase>) {
    super(make, { isOpen: false });
  }

  keyOf(passphrase: Passphrase): InstallationKey {
    return new DataFolderKey(this.folder, passphrase === null ? null : masterOf(passphrase));
  }

  pathOf(name: string): string {
    return join(this.folder, name);
  }

  /** The bytes of the key file. */
  keyBytes(): Buffer {
    return Buffer.from(readFileSync(this.pathOf(KEY_FILE), "utf8"), "base64");
  }

  /** Leaves a catalogue that a server has used and closed. */
  async fill(passphrase: Passphrase): Promise<void> {
    this.secrets.clear();
    const catalogue = await this.reopen(this.keyOf(passphrase));
    for (const text of ["one", "two"]) await this.add(catalogue, text);
    await this.close();
  }

  async add({ connections, ownSecrets, audit }: Catalogue, text: string): Promise<void> {
    const { id } = await connections.create(CONNECTION, { token: text });
    this.secrets.set(id, text);
    const own = `own-${this.secrets.size}`;
    this.secrets.set(own, await ownSecrets.getOrMake(own, async () => `secret ${text}`));
    const actor = { kind: "server", id: null, name: null } as const;
    await audit.append({ actor, action: "connection.create", object: null, outcome: 201, detail: {} });
  }

  rotate(from: Passphrase, to: Passphrase): Promise<Rotated> {
    return this.past((database) =>
      rotate(
        {
          database,
          key: this.keyOf(from),
          keepHead: (sealing) => new HeadFile(this.pathOf(AUDIT_HEAD_FILE), sealing),
          clock: this.clock,
        },
        to === null ? null : masterOf(to),
      ),
    );
  }

  /**
   * The same, which crashes before the step of that number: a query, or a file that is read, written or removed.
   * @returns whether it got through before
   */
  async rotateUntil(crashAt: number, from: Passphrase, to: Passphrase): Promise<boolean> {
    let steps = 0;
    const step = (): void => {
      if (steps++ >= crashAt) throw new Crash();
    };
    const stepping: KyselyPlugin = {
      transformQuery: ({ node }) => {
        step();
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const dying = <T extends object>(part: T): T =>
      new Proxy(part, {
        get(target, member) {
          const value: unknown = Reflect.get(target, member);
          if (typeof value !== "function") return value;
          return (...args: unknown[]): unknown => {
            step();
            return Reflect.apply(value, target, args);
          };
        },
      });
    const rotating = this.past((database) =>
      rotate(
        {
          database: database.withPlugin(stepping),
          key: dying(this.keyOf(from)),
          keepHead: (sealing) => dying(new HeadFile(this.pathOf(AUDIT_HEAD_FILE), sealing)),
          clock: this.clock,
        },
        to === null ? null : masterOf(to),
      ),
    );
    return rotating.then(
      () => true,
      (error: unknown) => {
        if (error instanceof Crash) return false;
        throw error;
      },
    );
  }

  /** Those of the two that open the data keys. */
  async holding(...passphrases: readonly Passphrase[]): Promise<Passphrase[]> {
    const wrapped = await this.past(wrappedKeys);
    const opens = (master: MasterKey): boolean => unwrapAll(wrapped, master) !== null;
    return [...new Set(passphrases)].filter((passphrase) => this.keyOf(passphrase).candidates().some(opens));
  }

  /** What `kilowatch audit verify` says, before any start. */
  verdict(passphrase: Passphrase): Promise<AuditVerdict> {
    return this.past(async (database) => {
      const sealing = await sealingToRead(database, this.keyOf(passphrase));
      return verifyAudit(database, new HeadFile(this.pathOf(AUDIT_HEAD_FILE), sealing));
    });
  }

  /** That a server starts with this key, opens all that there is, goes on with its audit log, and leaves one key file at most. */
  async expectAllOpens(passphrase: Passphrase): Promise<void> {
    const catalogue = await this.reopen(this.keyOf(passphrase));
    for (const [key, text] of this.secrets) {
      if (key.startsWith("own-")) {
        expect(await catalogue.ownSecrets.getOrMake(key, () => Promise.reject(new Error("it is gone")))).toBe(text);
      } else {
        expect(await catalogue.connections.credential(key)).toEqual({ token: text });
      }
    }
    expect(await catalogue.audit.begin()).toBeNull();
    expect(existsSync(this.pathOf(NEXT_KEY_FILE))).toBe(false);
    if (passphrase === null) expect(statSync(this.pathOf(KEY_FILE)).mode & 0o777).toBe(0o600);
    await this.close();
  }

  /** Puts everything back into the form in which an earlier version left it, sealed with the key of the key file itself. */
  async leaveAsVersion1(): Promise<void> {
    const seal = (secret: string, place: string): Buffer => sealedByVersion1(this.keyBytes(), secret, place);
    await this.past(async (database) => {
      for (const stored of await storedSecrets(database)) {
        const text = this.secrets.get(stored.key) ?? "";
        const secret = stored.at.table === "connection" ? JSON.stringify({ token: text }) : text;
        await replaceSealed(database, stored, seal(secret, stored.place));
      }
      await database.deleteFrom("sealing_key").execute();
      const head = JSON.stringify({ ...(await newestOf(database)), next: null });
      await writeFile(this.pathOf(AUDIT_HEAD_FILE), `${seal(head, "audit-head").toString("base64")}\n`);
    });
  }
}
