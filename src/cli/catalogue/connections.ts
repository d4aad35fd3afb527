import type { Command } from "commander";
import { z } from "zod";
import { POLL_INTERVAL_MS } from "../../domain/connection.ts";
import { VENDORS } from "../../vendors/registry.ts";
import { parseSerials } from "../../vendors/serials.ts";
import { checkedAddress } from "../address.ts";
import { ELECNOVA_SECRETS } from "../elecnova/options.ts";
import { ENERGYGRID_SECRET } from "../energygrid/options.ts";
import { BadUse } from "../exit-codes.ts";
import { POWERP_SECRETS } from "../powerp/options.ts";
import { withExample } from "../program.ts";
import { readClientCredential, readSecret } from "../secret.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, namedSite } from "../server/selection.ts";
import { handOutMany, handOutOne, type Shown } from "./answer.ts";
import { oneOf } from "./field-options.ts";

const Connection = z.looseObject({
  id: z.string(),
  name: z.string(),
  vendor: z.string(),
  baseUrl: z.string(),
  pollIntervalMs: z.number(),
  devices: z.number(),
  state: z.string(),
  message: z.string().nullable(),
  since: z.string(),
});
type Connection = z.output<typeof Connection>;

const COLUMNS = ["id", "name", "vendor", "baseUrl", "pollIntervalMs", "devices", "state", "message", "since"] as const;
const EXAMPLE = "https://api.energygrid.example";

interface JsonFlags extends AskerFlags {
  readonly json?: boolean;
}
interface ConnectFlags extends JsonFlags {
  readonly vendorUrl: string;
  readonly site: string;
  readonly serials: string;
  readonly name?: string;
  readonly pollSeconds?: string;
  readonly tokenFile?: string;
  readonly secretFile?: string;
}

/** `kilowatch connections`. */
export function addConnections(program: Command): void {
  const connections = program
    .command("connections")
    .description("Accounts with vendors, and how polling them goes.")
    .option("--json", "print as JSON")
    .action(async () => listConnections(connections.opts<JsonFlags>()));
  withExample(addAskerOptions(connections), "kilowatch connections");
}

/** `kilowatch connect`. */
export function addConnect(program: Command): void {
  const command = program
    .command("connect <vendor>")
    .description(`Connect an account with a vendor (${VENDORS.map(({ id }) => id).join(", ")}), and start polling.`)
    .requiredOption("--vendor-url <address>", "where the vendor answers")
    .requiredOption("--site <site>", "where the devices stand, by the site's id or name")
    .requiredOption("--serials <list>", "devices: ranges and names, such as SN-000..SN-499,SN-700")
    .option("--name <name>", "what the account is called (default: the vendor's name)")
    .option(
      "--poll-seconds <number>",
      "how often each device's values are wanted; the vendor's limit may make it longer",
    )
    .option("--token-file <file>", "file that holds EnergyGrid's token; else ENERGYGRID_TOKEN, else a prompt")
    .option(
      "--secret-file <file>",
      "of the others: file with the client id and the secret, a line each; else ELECNOVA_CLIENT_ID and its like, else a prompt",
    )
    .option("--json", "print as JSON")
    .action(async (vendor: string) => connect(vendor, command.opts<ConnectFlags>()));
  withExample(
    addAskerOptions(command),
    `kilowatch connect energygrid --vendor-url ${EXAMPLE} --site Madrid --serials SN-000..SN-499`,
  );
}

async function listConnections(flags: JsonFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const connections = await allOf(api, Connection, "/connections", signal);
    await handOutMany(connections, { columns: COLUMNS, row: shown }, flags.json);
  });
}

async function connect(vendorId: string, flags: ConnectFlags): Promise<void> {
  const { name, pollSeconds } = flags;
  const known = VENDORS.map(({ id }) => id);
  const vendor = oneOf(known, vendorId, "The vendor");
  const baseUrl = checkedAddress(flags.vendorUrl, { flag: "--vendor-url", example: EXAMPLE });
  const serialNumbers = parseSerials(flags.serials);
  const pollIntervalMs = pollSeconds === undefined ? POLL_INTERVAL_MS.default : Number(pollSeconds) * 1_000;
  if (!Number.isFinite(pollIntervalMs)) throw new BadUse(`--poll-seconds must be a number: ${pollSeconds}`);
  const credential = await credentialOf(vendor, flags);
  await atServer(flags, "write", async (api, signal) => {
    const { id: siteId } = await namedSite(api, flags.site);
    const title = VENDORS.find(({ id }) => id === vendor)?.title ?? vendor;
    const body = { name: name ?? title, vendor, baseUrl, credential, pollIntervalMs, siteId, serialNumbers };
    const connection = await api.create(Connection, "/connections", body, signal);
    await handOutOne(connection, shown(connection), flags.json);
  });
}

/** Of the vendor, in the words of its definition. @throws BadUse */
async function credentialOf(vendor: string, { tokenFile, secretFile }: ConnectFlags): Promise<object> {
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

function shown(connection: Connection): Shown {
  const { id, name, vendor, baseUrl, pollIntervalMs, devices, state, message, since } = connection;
  return { id, name, vendor, baseUrl, pollIntervalMs, devices, state, message, since };
}
