import type { Command } from "commander";
import { readServerConfig } from "../config.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import { BadUse, CommandFailed, EXIT } from "./exit-codes.ts";
import { documentText } from "./listing.ts";
import { withExample } from "./program.ts";
import { print, visible } from "./terminal.ts";

interface VerifyFlags {
  readonly dataDir?: string;
  readonly after?: string;
  readonly json?: boolean;
}

/** `kilowatch audit`: who did what, as it was written down. */
export function addAudit(program: Command): void {
  const audit = program.command("audit").description("The log of who did what.");
  withExample(audit, "kilowatch audit verify");
  const command = audit
    .command("verify")
    .description("Say whether an entry of the log was changed, added or removed. The server may run meanwhile.")
    .option("--data-dir <folder>", "where the server keeps everything (default: ./data)")
    .option("--after <entry>", "look only at what comes after this entry: what was found before is known")
    .option("--json", "print as JSON")
    .action(async (flags: VerifyFlags) => verify(flags));
  withExample(command, "kilowatch audit verify --data-dir /var/lib/kilowatch");
}

/** The verdict is data: it goes to stdout, whatever it is. */
async function verify({ dataDir, after = "0", json }: VerifyFlags): Promise<void> {
  if (!/^\d{1,15}$/.test(after)) throw new BadUse(`--after must be the number of an entry: ${after}`);
  const config = readServerConfig({ dataDir });
  const { verifyAuditLog } = await import("../offline.ts");
  const { entries, hash, fault } = await verifyAuditLog(config, Number(after)).catch((error: unknown) => {
    throw error instanceof StorageUnavailable ? new CommandFailed(error.message) : error;
  });
  if (fault !== null) process.exitCode = EXIT.broken;
  if (json) {
    print(
      documentText({
        whole: fault === null,
        entries,
        hash,
        fault: fault && { entry: fault.place, words: fault.words },
      }),
    );
  } else if (fault === null) {
    print(`The audit log is whole, up to entry ${entries} with the hash ${hash}.`);
  } else {
    print(visible(`The audit log is broken at entry ${fault.place}. ${fault.words}`));
  }
}
