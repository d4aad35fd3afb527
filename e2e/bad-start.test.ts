import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runToEnd, ServerProcess, type StartOptions, temporaryFolder } from "./server-process.ts";

/** What a start that must fail says on its last line. */
async function refusal(options: StartOptions): Promise<string> {
  const { code, output } = await runToEnd({ command: "serve", ...options });
  expect(code, output).toBe(1);
  const lines = output.trim().split("\n");
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

describe("a start that cannot succeed says why in one line and exits with 1:", () => {
  test("the port is taken", async () => {
    using folder = temporaryFolder();
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
    const address = other.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    expect(await refusal({ dataDir: folder.path, port })).toMatch(
      /127\.0\.0\.1:\d+ is taken by another program.*--port/,
    );
    await new Promise((closed) => other.close(closed));
  });

  test("the data folder cannot be written", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "file"), "");
    expect(await refusal({ dataDir: join(folder.path, "file") })).toMatch(
      /data folder .*file cannot be written.*--data-dir/,
    );
  });

  test.each(["catalogue.db", "journal.db"])("%s is damaged", async (name) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, name), "not a database ".repeat(1_000));
    expect(await refusal({ dataDir: folder.path })).toContain(name);
  });

  test("a setting is unknown", async () => {
    using folder = temporaryFolder();
    const line = await refusal({ dataDir: folder.path, env: { KILOWATCH_PROT: "1" } });
    expect(line).toMatch(/KILOWATCH_PROT is not a setting/);
  });

  test("another server has the data folder", async () => {
    using folder = temporaryFolder();
    const server = await ServerProcess.start({ command: "serve", dataDir: folder.path });
    expect(await refusal({ dataDir: folder.path })).toMatch(/in use|another/);
    expect(await server.stop()).toBe(0);
  });
});
