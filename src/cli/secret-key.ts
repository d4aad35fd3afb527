import { type Command, Option } from "commander";
import { readSecretVariable, readServerConfig, SECRET_KEY_CHARS_MIN } from "../config.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import { BadUse, CommandFailed, EXIT } from "./exit-codes.ts";
import { documentText } from "./listing.ts";
import { withExample } from "./program.ts";
import { readPassword } from "./secret.ts";
import { counted, print, say } from "./terminal.ts";

const NEW_KEY = "KILOWATCH_NEW_SECRET_KEY";

interface RotateFlags {
  readonly dataDir?: string;
  readonly to?: "file" | "passphrase";
  readonly secretFile?: string;
  readonly json?: boolean;
}

/** `kilowatch secret-key`: what stored secrets are sealed with. */
export function addSecretKey(program: Command): void {
  const secretKey = program.command("secret-key").description("The key that stored secrets are sealed with.");
  withExample(secretKey, "kilowatch secret-key rotate");
  const command = secretKey
    .command("rotate")
    .description("Take a new key and seal every stored secret anew. The server must be stopped.")
    .option("--data-dir <folder>", "where the server keeps everything (default: ./data)")
    .addOption(
      new Option(
        "--to <kind>",
        "what the new key is: a random one in the key file, or a passphrase (default: as now)",
      ).choices(["file", "passphrase"]),
    )
    .option(
      "--secret-file <file>",
      `file that holds the new passphrase; else ${NEW_KEY}, else a prompt that asks twice`,
    )
    .option("--json", "print as JSON")
    .action(async (flags: RotateFlags) => rotate(flags));
  withExample(
    command,
    "kilowatch secret-key rotate --data-dir /var/lib/kilowatch",
    "kilowatch secret-key rotate --to passphrase --secret-file ./new-passphrase",
  );
}

async function rotate({ dataDir, to, secretFile, json }: RotateFlags): Promise<void> {
  const config = readServerConfig({ dataDir });
  const kind = to ?? (config.secretKey === null ? "file" : "passphrase");
  const passphrase = kind === "passphrase" ? await newPassphrase(secretFile) : null;
  if (passphrase === null && (secretFile !== undefined || readSecretVariable(NEW_KEY) !== undefined)) {
    throw new BadUse(
      `The new key is a random one in the key file, and takes no passphrase: add --to passphrase, or leave out --secret-file and ${NEW_KEY}.`,
    );
  }
  const { rotateSecretKey } = await import("../offline.ts");
  const { dataKey, secrets, undone } = await rotateSecretKey(config, passphrase).catch((error: unknown) => {
    if (!(error instanceof StorageUnavailable)) throw error;
    throw new CommandFailed(`${error.message} ${AFTER_FAILURE[kind]}`);
  });
  if (json) print(documentText({ to: kind, dataKey, secrets, undone }));
  else
    print(`The key was rotated, and ${counted(secrets, "secret")} sealed anew with data key ${dataKey}. ${NEXT[kind]}`);
  for (const words of undone) say(`Done but for this: ${words}`);
  if (undone.length > 0) process.exitCode = EXIT.partly;
}

/** A database that went away during the commit may have stored it or not. */
const AFTER_FAILURE = {
  file: "Nothing is lost: see to that, and rotate again.",
  passphrase:
    "Nothing is lost: see to that, and rotate again; if KILOWATCH_SECRET_KEY is then refused, the new passphrase holds.",
} as const;

const NEXT = {
  file: "The new key is in the data folder; start the server without KILOWATCH_SECRET_KEY.",
  passphrase: "Start the server with the new passphrase in KILOWATCH_SECRET_KEY.",
} as const;

async function newPassphrase(file: string | undefined): Promise<string> {
  const source = { variable: NEW_KEY, flag: "--secret-file", file, title: "new passphrase" } as const;
  const passphrase = await readPassword(source, { isNew: true });
  if (passphrase.length >= SECRET_KEY_CHARS_MIN) return passphrase;
  throw new BadUse(`The new passphrase must have at least ${SECRET_KEY_CHARS_MIN} characters.`);
}
