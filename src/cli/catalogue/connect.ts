import type { Command } from "commander";
import { POLL_INTERVAL_MS } from "../../domain/connection.ts";
import { VENDORS } from "../../vendors/registry.ts";
import { parseSerials } from "../../vendors/serials.ts";
import { checkedAddress } from "../address.ts";
import { BadUse } from "../exit-codes.ts";
import { withExample } from "../program.ts";
import { addAskerOptions, atServer } from "../server/person.ts";
import { namedSite } from "../server/selection.ts";
import { handOutOne } from "./answer.ts";
import { Connection, connectionFields, type JsonFlags } from "./connection-shapes.ts";
import { oneOf } from "./field-options.ts";
import { addCredentialOptions, type CredentialFlags, readVendorCredential } from "./vendor-credential.ts";

const EXAMPLE = "https://api.energygrid.example";

interface ConnectFlags extends JsonFlags, CredentialFlags {
  readonly vendorUrl: string;
  readonly site?: string;
  readonly serials?: string;
  readonly name?: string;
  readonly pollSeconds?: string;
}

/** `kilowatch connect`. */
export function addConnect(program: Command): void {
  const command = program
    .command("connect <vendor>")
    .description(`Connect an account with a vendor (${VENDORS.map(({ id }) => id).join(", ")}), and start polling.`)
    .requiredOption("--vendor-url <address>", "where the vendor answers")
    .option("--site <site>", "where the devices stand, by the site's id or name")
    .option(
      "--serials <list>",
      "devices: ranges and names, such as SN-000..SN-499,SN-700; without them, discover what there is and pick",
    )
    .option("--name <name>", "what the account is called (default: the vendor's name)")
    .option(
      "--poll-seconds <number>",
      "how often each device's values are wanted; the vendor's limit may make it longer",
    );
  addCredentialOptions(command)
    .option("--json", "print as JSON")
    .action(async (vendor: string) => connect(vendor, command.opts<ConnectFlags>()));
  withExample(
    addAskerOptions(command),
    `kilowatch connect energygrid --vendor-url ${EXAMPLE} --site Madrid --serials SN-000..SN-499`,
    "kilowatch connect powerp --vendor-url https://tenant.powerp.app/rt-api/api/ && kilowatch connections discover PowerP",
  );
}

async function connect(vendorId: string, flags: ConnectFlags): Promise<void> {
  const { name, site, serials } = flags;
  const known = VENDORS.map(({ id }) => id);
  const vendor = oneOf(known, vendorId, "The vendor");
  const baseUrl = checkedAddress(flags.vendorUrl, { flag: "--vendor-url", example: EXAMPLE });
  const serialNumbers = serials === undefined ? [] : parseSerials(serials);
  if (serials !== undefined && site === undefined) throw new BadUse("Say where the devices stand, by --site.");
  const pollIntervalMs = pollIntervalOf(flags.pollSeconds) ?? POLL_INTERVAL_MS.default;
  const credential = await readVendorCredential(vendor, flags);
  await atServer(flags, "write", async (api, signal) => {
    const siteId = site === undefined ? undefined : (await namedSite(api, site)).id;
    const title = VENDORS.find(({ id }) => id === vendor)?.title ?? vendor;
    const body = { name: name ?? title, vendor, baseUrl, credential, pollIntervalMs, siteId, serialNumbers };
    const connection = await api.create(Connection, "/connections", body, signal);
    await handOutOne(connection, connectionFields(connection), flags.json);
  });
}

/** @throws BadUse when it is no number; whether it is within the limits is the server's to say */
export function pollIntervalOf(pollSeconds: string | undefined): number | undefined {
  if (pollSeconds === undefined) return undefined;
  const pollIntervalMs = Number(pollSeconds) * 1_000;
  if (!Number.isFinite(pollIntervalMs)) throw new BadUse(`--poll-seconds must be a number: ${pollSeconds}`);
  return pollIntervalMs;
}
