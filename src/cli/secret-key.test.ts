import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Catalogue, openCatalogue } from "../catalogue/catalogue.ts";
import { CONNECTION } from "../catalogue/contract-scene.ts";
import { dataFolderKey, NEXT_KEY_FILE } from "../catalogue/sealing/installation-key.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { JOURNAL_FILE, openJournalDatabase } from "../telemetry/journal/database.ts";
import { type Ended, kilowatch } from "./kilowatch.fixture.ts";

/** The real program, on a data folder that a server has left. */

const TOKEN = "token-of-a-vendor";
const FIRST = "first passphrase of some length";
const SECOND = "second passphrase of some length";

let folder: string;
const open = (passphrase: string | null = null): Promise<Catalogue> =>
  openCatalogue(join(folder, "catalogue.db"), dataFolderKey(folder, passphrase), new VirtualClock());
const journal = () => openJournalDatabase(join(folder, JOURNAL_FILE), 0);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-rotate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function leave(passphrase: string | null): Promise<void> {
  journal().close();
  const catalogue = await open(passphrase);
  await catalogue.connections.create(CONNECTION, { token: TOKEN });
  await catalogue.audit.begin();
  await catalogue.close();
}

async function tokenNow(passphrase: string | null = null): Promise<string | undefined> {
  const catalogue = await open(passphrase);
  try {
    const [connection] = await catalogue.connections.list();
    return (await catalogue.connections.credential(connection?.id ?? ""))["token"];
  } finally {
    await catalogue.close();
  }
}

const rotate = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
  const ended = await kilowatch(["secret-key", "rotate", "--data-dir", folder, ...args], { env });
  for (const secret of [TOKEN, FIRST, SECOND]) expect(ended.out + ended.err).not.toContain(secret);
  return ended;
};
const verify = (env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  kilowatch(["audit", "verify", "--data-dir", folder], { env });
/** Kills once so many changes of the folder were seen after the next key appeared in it. */
async function killedAfter(changes: number, kill: () => void): Promise<void> {
  const stop = AbortSignal.timeout(10_000);
  let seen = -1;
  try {
    for await (const { filename } of watch(folder, { signal: stop })) {
      if (seen >= 0 || filename === NEXT_KEY_FILE) seen++;
      if (seen >= changes) break;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    kill();
  }
}
const keyFile = (): string => readFileSync(join(folder, "secret.key"), "utf8");

describe("secret-key rotate", () => {
  test("takes a new key file, and leaves no other", async () => {
    await leave(null);
    const former = keyFile();
    expect(await rotate()).toEqual({
      code: 0,
      out: "The key was rotated, and 1 secret sealed anew with data key 2. The new key is in the data folder; start the server without KILOWATCH_SECRET_KEY.\n",
      err: "",
    });
    expect(keyFile()).not.toBe(former);
    expect(readdirSync(folder).filter((name) => name.startsWith("secret.key"))).toEqual(["secret.key"]);
    expect(await verify()).toMatchObject({ code: 0, err: "" });
    expect(await tokenNow()).toBe(TOKEN);
    const { code, out } = await rotate(["--json"]);
    expect({ code, ...(JSON.parse(out) as object) }).toEqual({
      code: 0,
      to: "file",
      dataKey: 3,
      secrets: 1,
      undone: [],
    });
    expect(await tokenNow()).toBe(TOKEN);
  });

  test("takes a new passphrase from the environment or a file, and goes to a key file and back", async () => {
    await leave(FIRST);
    const env = { KILOWATCH_SECRET_KEY: FIRST };
    expect(await rotate([], { ...env, KILOWATCH_NEW_SECRET_KEY: SECOND })).toMatchObject({ code: 0, err: "" });
    expect(await tokenNow(SECOND)).toBe(TOKEN);
    await expect(open(FIRST)).rejects.toThrow(/^KILOWATCH_SECRET_KEY is not/);
    expect(await rotate(["--to", "file"], { KILOWATCH_SECRET_KEY: SECOND })).toMatchObject({ code: 0, err: "" });
    expect(await tokenNow()).toBe(TOKEN);
    await expect(open(SECOND)).rejects.toThrow(/Unset KILOWATCH_SECRET_KEY/);
    writeFileSync(join(folder, "new"), `${FIRST}\n`);
    expect(await rotate(["--to", "passphrase", "--secret-file", join(folder, "new")])).toMatchObject({
      code: 0,
      out: expect.stringContaining("Start the server with the new passphrase in KILOWATCH_SECRET_KEY.") as string,
    });
    expect(readdirSync(folder)).not.toContain("secret.key");
    expect(await tokenNow(FIRST)).toBe(TOKEN);
    expect(await verify(env)).toMatchObject({ code: 0, err: "" });
  });

  test("refuses in one line what it cannot do, and changes nothing", async () => {
    await leave(FIRST);
    const env = { KILOWATCH_SECRET_KEY: FIRST };
    const refusal = async (pattern: RegExp, ...asked: Parameters<typeof rotate>): Promise<void> => {
      const { code, out, err } = await rotate(...asked);
      expect({ code, out }, err).toEqual({ code: 1, out: "" });
      expect(err).toMatch(/^error: [^\n]+\n$/);
      expect(err).toMatch(pattern);
    };
    const renewed = { KILOWATCH_NEW_SECRET_KEY: SECOND };
    await refusal(/KILOWATCH_SECRET_KEY is not what/, [], { KILOWATCH_SECRET_KEY: SECOND, ...renewed });
    await refusal(/secret\.key is not there/, []);
    await refusal(/new passphrase is the present one/, [], { ...env, KILOWATCH_NEW_SECRET_KEY: FIRST });
    await refusal(/at least 16 characters/, [], { ...env, KILOWATCH_NEW_SECRET_KEY: "x".repeat(15) });
    await refusal(/put it into KILOWATCH_NEW_SECRET_KEY, or name a file/, [], env);
    await refusal(/add --to passphrase/, ["--to", "file"], { ...env, ...renewed });
    await refusal(/Allowed choices are file, passphrase/, ["--to", "stone"], env);
    await refusal(/unknown option '--secret-key': a secret is never an argument/, [`--secret-key=${SECOND}`], env);
    await refusal(/There is no \S+journal\.db: .*--data-dir/, ["--data-dir", join(folder, "none")], {
      ...env,
      ...renewed,
    });
    const server = journal();
    await refusal(/is in use by another Kilowatch: stop it/, [], { ...env, ...renewed });
    server.close();
    expect(await tokenNow(FIRST)).toBe(TOKEN);
  });

  test.runIf(process.getuid?.() === 0)("refuses another user than the server's", async () => {
    await leave(null);
    chownSync(join(folder, JOURNAL_FILE), 4_711, -1);
    const { code, err } = await rotate();
    expect(code).toBe(1);
    expect(err).toMatch(/journal\.db belongs to the user with the number 4711, .*: run this as that user/);
  });

  test("killed at any moment, leaves a folder that opens", async () => {
    await leave(null);
    for (const afterChanges of [0, 1, 2, 3, 4, 5, 6, 8, 11, 16]) {
      await kilowatch(["secret-key", "rotate", "--data-dir", folder], {
        meanwhile: (kill) => killedAfter(afterChanges, () => kill("SIGKILL")),
      });
      expect(await verify()).toMatchObject({ code: 0, err: "" });
      expect(await tokenNow()).toBe(TOKEN);
      expect(readdirSync(folder).filter((name) => name.startsWith("secret.key"))).toEqual(["secret.key"]);
    }
  });
});
