import type { Command } from "commander";
import { ELECNOVA_SECRETS } from "../elecnova/options.ts";
import { ENERGYGRID_SECRET } from "../energygrid/options.ts";
import { BadUse } from "../exit-codes.ts";
import { POWERP_SECRETS } from "../powerp/options.ts";
import { readClientCredential, readSecret } from "../secret.ts";

export interface CredentialFlags {
  readonly tokenFile?: string;
  readonly secretFile?: string;
}

/** Where a vendor's credential is read from, when it is not in the environment. */
export function addCredentialOptions(command: Command): Command {
  return command
    .option("--token-file <file>", "file that holds EnergyGrid's token; else ENERGYGRID_TOKEN, else a prompt")
    .option(
      "--secret-file <file>",
      "of the others: file with the client id and the secret, a line each; else ELECNOVA_CLIENT_ID and its like, else a prompt",
    );
}

/** In the words of the vendor's definition. @throws BadUse */
export async function readVendorCredential(
  vendor: string,
  { tokenFile, secretFile }: CredentialFlags,
): Promise<object> {
  if (vendor === "energygrid") {
    if (secretFile !== undefined) throw new BadUse("EnergyGrid has a token: name its file by --token-file.");
    return { token: await readSecret({ ...ENERGYGRID_SECRET, file: tokenFile }) };
  }
  const source = CLIENTS[vendor];
  if (source === undefined) throw new BadUse(`The command line does not know what ${vendor} wants to see.`);
  if (tokenFile !== undefined) {
    throw new BadUse(`${source.vendor} has a client id and a secret: name their file by --secret-file.`);
  }
  return readClientCredential({ ...source, file: secretFile });
}

const CLIENTS: Readonly<Record<string, typeof ELECNOVA_SECRETS | typeof POWERP_SECRETS>> = {
  elecnova: ELECNOVA_SECRETS,
  powerp: POWERP_SECRETS,
};
