import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { readSecretVariable, type SecretVariable } from "../config.ts";
import { BadUse, CommandFailed } from "./exit-codes.ts";
import { onInterrupt } from "./interrupt.ts";

export interface SecretSource {
  readonly variable: SecretVariable;
  /** The flag that names a file, for messages. */
  readonly flag: string;
  /** The file that the flag named. */
  readonly file: string | undefined;
  /** What is asked for, as in "EnergyGrid token". */
  readonly title: string;
}

/** A file this large is not a secret, but a mistake in the path. */
const FILE_BYTES_MAX = 65_536;

/**
 * The secret from the file that a flag named, else from the environment, else from a prompt that shows nothing.
 * @throws BadUse when there is none to be had.
 */
export async function readSecret({ variable, flag, file, title }: SecretSource): Promise<string> {
  if (file !== undefined) return checked((await fromFile(file, flag)).trim(), `The file of ${flag}`);
  return fromVariableOrPrompt({ variable, flag, title });
}

/**
 * A person's password, likewise. It may hold blanks and any letters.
 * @param isNew asks twice, so that a slip of the finger is no password
 * @throws BadUse when there is none to be had, or the two are not the same.
 */
export async function readPassword(source: SecretSource, { isNew = false } = {}): Promise<string> {
  const { variable, flag, file, title } = source;
  if (file !== undefined) {
    return checkedPassword((await fromFile(file, flag)).replace(/\r?\n$/, ""), `The file of ${flag}`);
  }
  const found = readSecretVariable(variable);
  if (found !== undefined) return checkedPassword(found, variable);
  refuseWithoutTerminal(source);
  const password = checkedPassword(await fromPrompt(title), `The ${title}`);
  if (isNew && (await fromPrompt(`${title}, again`)) !== password) throw new BadUse("The two are not the same.");
  return password;
}

export interface ClientCredential {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface ClientCredentialSource {
  readonly id: SecretVariable;
  readonly secret: SecretVariable;
  /** The file that `--secret-file` named: the id and the secret in a line each, or the secret alone. */
  readonly file: string | undefined;
  /** The vendor's name, for prompts and messages. */
  readonly vendor: string;
}

/** For help texts: where a client's id and secret come from. */
export function secretFileWords({ id, secret }: Pick<ClientCredentialSource, "id" | "secret">): string {
  return `file with the client id and the secret, a line each, or the secret alone; else ${id} and ${secret}, else a prompt`;
}

/**
 * The id and the secret of a client, from a file that a flag named, else from the environment, else from prompts that show nothing.
 * @throws BadUse when they are not to be had.
 */
export async function readClientCredential(source: ClientCredentialSource): Promise<ClientCredential> {
  const { id, secret, file, vendor } = source;
  const flag = "--secret-file";
  const lines =
    file === undefined
      ? []
      : (await fromFile(file, flag))
          .trim()
          .split(/\r?\n/)
          .map((line) => line.trim());
  if (lines.length > 2)
    throw new BadUse(`The file of ${flag} must hold two lines at most: the client id and the secret.`);
  const [firstLine, lastLine] = [lines[0], lines.at(-1)];
  const where = `The file of ${flag}`;
  return {
    clientId:
      lines.length === 2
        ? checked(firstLine ?? "", where)
        : await fromVariableOrPrompt({ variable: id, flag, title: `${vendor} client id` }),
    clientSecret:
      lastLine !== undefined
        ? checked(lastLine, where)
        : await fromVariableOrPrompt({ variable: secret, flag, title: `${vendor} client secret` }),
  };
}

async function fromVariableOrPrompt({ variable, flag, title }: Omit<SecretSource, "file">): Promise<string> {
  const found = readSecretVariable(variable);
  if (found !== undefined) return checked(found, variable);
  refuseWithoutTerminal({ variable, flag, title });
  return checked((await fromPrompt(title)).trim(), `The ${title}`);
}

/** @throws BadUse where nobody can be asked */
function refuseWithoutTerminal({ variable, flag, title }: Omit<SecretSource, "file">): void {
  if (process.stdin.isTTY && process.stderr.isTTY) return;
  throw new BadUse(`The ${title} is not set: put it into ${variable}, or name a file that holds it with ${flag}.`);
}

async function fromFile(file: string, flag: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new BadUse(`The file of ${flag} cannot be read (${code}): ${file}`);
  }
  if (text.length > FILE_BYTES_MAX) throw new BadUse(`The file of ${flag} is too large to be a secret: ${file}`);
  return text;
}

/** Only what an HTTP header can carry; the message never shows it. */
function checked(secret: string, where: string): string {
  if (secret === "") throw new BadUse(`${where} is empty.`);
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new BadUse(`${where} holds spaces, line breaks or letters outside ASCII.`);
  return secret;
}

/** What a person can type in a line; the message never shows it. */
function checkedPassword(password: string, where: string): string {
  if (password === "") throw new BadUse(`${where} is empty.`);
  if (/\p{Cc}/u.test(password)) throw new BadUse(`${where} holds line breaks or other control characters.`);
  return password;
}

async function fromPrompt(title: string): Promise<string> {
  using interruption = onInterrupt();
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  process.stderr.write(`${title} (not shown): `);
  try {
    // In raw mode Ctrl-C is a key, not a signal.
    lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    return await lines.question("", { signal: interruption.signal });
  } catch {
    throw new CommandFailed("Stopped: nothing was sent.");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
