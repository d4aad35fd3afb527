import { vi } from "vitest";
import { addBackfill } from "../../src/cli/backfill/backfill.ts";
import { addApiKeys } from "../../src/cli/catalogue/api-keys.ts";
import { addConnect } from "../../src/cli/catalogue/connect.ts";
import { addConnections } from "../../src/cli/catalogue/connections.ts";
import { addDevices } from "../../src/cli/catalogue/devices.ts";
import { addEvents } from "../../src/cli/catalogue/events.ts";
import { addGaps } from "../../src/cli/catalogue/gaps.ts";
import { addSites } from "../../src/cli/catalogue/sites.ts";
import { addUsers } from "../../src/cli/catalogue/users.ts";
import { addExport } from "../../src/cli/export/export.ts";
import { addImport } from "../../src/cli/import/import.ts";
import { createProgram, run } from "../../src/cli/program.ts";
import { addQuery } from "../../src/cli/query/query.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of the program in this very process: a process of its own would cost more than the command. One at a time. */
export async function runHere(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const [out, err] = [process.stdout, process.stderr].map(captured);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  process.exitCode = undefined;
  try {
    const program = createProgram();
    addQuery(program);
    addExport(program);
    addImport(program);
    addConnect(program);
    addConnections(program);
    addGaps(program);
    addBackfill(program);
    addSites(program);
    addDevices(program);
    addEvents(program);
    addUsers(program);
    addApiKeys(program);
    await run(program, ["node", "kilowatch", ...args]);
    const code: unknown = process.exitCode;
    return { code: Number(code ?? 0), out: out?.() ?? "", err: err?.() ?? "" };
  } finally {
    process.exitCode = undefined;
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  }
}

/** What is written from now on, which goes nowhere else. */
function captured(stream: NodeJS.WriteStream): () => string {
  const chunks: Buffer[] = [];
  vi.spyOn(stream, "write").mockImplementation((chunk) => {
    chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk));
    return true;
  });
  return () => Buffer.concat(chunks).toString();
}
