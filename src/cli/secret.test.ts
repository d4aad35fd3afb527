import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BadUse } from "./exit-codes.ts";
import { readClientCredential, readPassword } from "./secret.ts";

const SOURCE = { vendor: "PowerP", id: "POWERP_CLIENT_ID", secret: "POWERP_CLIENT_SECRET" } as const;

let file = "";
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "kilowatch-secret-")), "secret");
  vi.stubEnv("POWERP_CLIENT_ID", "id-of-environment");
  vi.stubEnv("POWERP_CLIENT_SECRET", "secret-of-environment");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(join(file, ".."), { recursive: true });
});

describe("a client's id and secret", () => {
  test("come from the environment", async () => {
    expect(await readClientCredential({ ...SOURCE, file: undefined })).toEqual({
      clientId: "id-of-environment",
      clientSecret: "secret-of-environment",
    });
  });

  test.each<[string, string, { clientId: string; clientSecret: string }]>([
    ["both from a file of two lines", "an-id\nhunter2\n", { clientId: "an-id", clientSecret: "hunter2" }],
    [
      "with blanks and carriage returns around",
      " an-id \r\n hunter2 \r\n\r\n",
      { clientId: "an-id", clientSecret: "hunter2" },
    ],
    [
      "the secret alone, the id from the environment",
      "hunter2",
      { clientId: "id-of-environment", clientSecret: "hunter2" },
    ],
  ])("%s", async (_name, text, credential) => {
    await writeFile(file, text);
    expect(await readClientCredential({ ...SOURCE, file })).toEqual(credential);
  });

  test.each<[string, string, RegExp]>([
    ["a third line", "an-id\nhunter2\nhunter3", /must hold two lines at most/],
    ["nothing", "\n", /is empty/],
    ["a blank within", "an-id\nhunter 2", /holds spaces, line breaks or letters outside ASCII/],
    ["an empty line between", "an-id\n\nhunter2", /must hold two lines at most/],
  ])("a file with %s is refused, and not repeated", async (_name, text, words) => {
    await writeFile(file, text);
    const refused = await readClientCredential({ ...SOURCE, file }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadUse);
    expect((refused as BadUse).message).toMatch(words);
    expect((refused as BadUse).message).not.toContain("hunter");
  });

  test("that are nowhere are asked for where somebody can answer, and otherwise named", async () => {
    vi.stubEnv("POWERP_CLIENT_SECRET", "");
    const words = /PowerP client secret is not set: put it into POWERP_CLIENT_SECRET, or name a file .* --secret-file/;
    await expect(readClientCredential({ ...SOURCE, file: undefined })).rejects.toThrow(words);
  });
});

describe("a password", () => {
  const PASSWORD = { variable: "KILOWATCH_PASSWORD", flag: "--password-file", title: "Password of Ada" } as const;

  test.each([
    ["blanks around and within", " correct horse \n", " correct horse "],
    ["a line end of Windows", "correct\r\n", "correct"],
    ["letters outside ASCII", "пароль été", "пароль été"],
  ])("comes from a file as it is: %s", async (_name, text, password) => {
    await writeFile(file, text);
    expect(await readPassword({ ...PASSWORD, file })).toBe(password);
  });

  test("comes from the environment, and a file wins", async () => {
    vi.stubEnv("KILOWATCH_PASSWORD", "of the environment");
    expect(await readPassword({ ...PASSWORD, file: undefined })).toBe("of the environment");
    await writeFile(file, "of the file");
    expect(await readPassword({ ...PASSWORD, file })).toBe("of the file");
  });

  test.each([
    ["nothing", "\n", /--password-file is empty/],
    ["two lines", "hunter2\nhunter3\n", /holds line breaks/],
    ["a control character", "hunter\u0007", /control characters/],
  ])("that is %s is refused, and not repeated", async (_name, text, words) => {
    await writeFile(file, text);
    const refused = await readPassword({ ...PASSWORD, file }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadUse);
    expect((refused as BadUse).message).toMatch(words);
    expect((refused as BadUse).message).not.toContain("hunter");
  });

  test("that is nowhere is named", async () => {
    vi.stubEnv("KILOWATCH_PASSWORD", "");
    const words = /Password of Ada is not set: put it into KILOWATCH_PASSWORD, .* --password-file/;
    await expect(readPassword({ ...PASSWORD, file: undefined })).rejects.toThrow(words);
  });
});
