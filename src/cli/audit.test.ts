import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Catalogue, openCatalogue } from "../catalogue/catalogue.ts";
import { dataFolderKey } from "../catalogue/sealing/installation-key.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { type Ended, kilowatch } from "./kilowatch.fixture.ts";

/** The real program, on a data folder that a catalogue has open as a server does. */

let folder: string;
let catalogue: Catalogue;
const open = (passphrase: string | null = null): Promise<Catalogue> =>
  openCatalogue(join(folder, "catalogue.db"), dataFolderKey(folder, passphrase), new VirtualClock());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-audit-"));
  catalogue = await open();
  for (let count = 0; count < 5; count++) await append();
});
afterEach(async () => {
  await catalogue.close();
  rmSync(folder, { recursive: true });
});

async function append(): Promise<void> {
  const actor = { kind: "user", id: "u", name: "ada@example.org" } as const;
  await catalogue.audit.append({ actor, action: "site.create", object: null, outcome: 201, detail: {} });
}

const verify = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  kilowatch(["audit", "verify", "--data-dir", folder, ...args], { env });

function tamper(sql: string): void {
  const raw = new DatabaseSync(join(folder, "catalogue.db"));
  raw.exec(sql);
  raw.close();
}

const WHOLE = {
  code: 0,
  out: expect.stringMatching(/^The audit log is whole, up to entry 5 with the hash [0-9a-f]{64}\.\n$/) as string,
  err: "",
};

describe("audit verify", () => {
  test("says that the log is whole, beside a server and without one, and changes nothing", async () => {
    expect(await verify()).toEqual(WHOLE);
    await catalogue.close();
    const before = readFileSync(join(folder, "catalogue.db"));
    expect(await verify(["--json"])).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(join(folder, "catalogue.db"))).toEqual(before);
    const { hash, ...verdict } = JSON.parse((await verify(["--json"])).out) as { hash: string };
    expect(verdict).toEqual({ whole: true, entries: 5, fault: null });
    catalogue = await open();
    expect((await catalogue.audit.list({ limit: 1 })).items[0]?.hash).toBe(hash);
    await append();
    expect((await verify()).out).toContain("up to entry 6");
  });

  test("names the first entry that was changed, and ends with 4", async () => {
    tamper("UPDATE audit_entry SET actor_name = 'eve' WHERE place >= 3");
    expect(await verify()).toEqual({
      code: 4,
      out: "The audit log is broken at entry 3. Its hash does not fit what it says: it was changed.\n",
      err: "",
    });
    const { code, out } = await verify(["--json"]);
    expect({ code, ...(JSON.parse(out) as object) }).toEqual({
      code: 4,
      hash: expect.any(String) as string,
      whole: false,
      entries: 2,
      fault: { entry: 3, words: "Its hash does not fit what it says: it was changed." },
    });
  });

  test("misses entries at the end, also after the server has started again, and goes on after what is known", async () => {
    tamper("DELETE FROM audit_entry WHERE place > 3");
    expect(await verify()).toMatchObject({
      code: 4,
      out: expect.stringContaining("broken at entry 4. Entries are missing") as string,
    });
    await catalogue.close();
    catalogue = await open();
    await append();
    expect(await verify()).toMatchObject({
      code: 4,
      out: "The audit log is broken at entry 4. The server noted a break here, at entry 4: Entries are missing at the end, up to entry 5.\n",
    });
    expect(await verify(["--after", "4"])).toEqual(WHOLE);
    expect(await verify(["--after", "9"])).toEqual({ code: 1, out: "", err: "error: after: there is no entry 9\n" });
  });

  test("lets nothing in an entry steer the terminal", async () => {
    tamper("DELETE FROM audit_entry WHERE place > 3");
    await catalogue.close();
    catalogue = await open();
    await append();
    tamper(`UPDATE audit_entry SET detail = '{"place":"\\u001b[2J","found":"x"}' WHERE place = 4`);
    expect((await verify()).out).not.toContain("\u001b");
  });

  test("takes the key from where the server has it", async () => {
    await catalogue.close();
    rmSync(join(folder, "audit-head"));
    tamper("DELETE FROM audit_entry; DELETE FROM sealing_key");
    const key = { KILOWATCH_SECRET_KEY: "a passphrase of some length" };
    catalogue = await open(key.KILOWATCH_SECRET_KEY);
    for (let count = 0; count < 5; count++) await append();
    expect(await verify([], key)).toEqual(WHOLE);
    const keyed = await verify();
    expect(keyed).toMatchObject({ code: 1, out: "" });
    expect(keyed.err).toMatch(
      /secret\.key is not the key [^\n]+ set KILOWATCH_SECRET_KEY if the key is a passphrase\.\n$/,
    );
    rmSync(join(folder, "secret.key"));
    const keyless = await verify();
    expect(keyless).toMatchObject({ code: 1, out: "" });
    expect(keyless.err).toMatch(/secret\.key is not there: put it back, or set KILOWATCH_SECRET_KEY/);
  });

  test("says in one line what it cannot look at", async () => {
    await catalogue.close();
    tamper("DROP TABLE audit_entry");
    expect((await verify()).err).toMatch(/^error: \S+catalogue\.db has no audit log yet: [^\n]+\n$/);
    writeFileSync(join(folder, "catalogue.db"), "not a database ".repeat(1_000));
    const damaged = await verify();
    expect(damaged).toMatchObject({ code: 1, out: "" });
    expect(damaged.err).toMatch(/^error: The catalogue \S+ cannot be read \(file is not a database\)\.\n$/);
    rmSync(join(folder, "catalogue.db"));
    catalogue = await open();
  });
});
