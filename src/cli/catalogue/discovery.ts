import type { Command } from "commander";
import { z } from "zod";
import { parseSerials } from "../../vendors/serials.ts";
import { BadUse } from "../exit-codes.ts";
import { withExample } from "../program.ts";
import type { ServerApi } from "../server/api.ts";
import { addAskerOptions, atServer } from "../server/person.ts";
import { allOf, namedSite } from "../server/selection.ts";
import { say } from "../terminal.ts";
import { handOutMany, handOutOne, type Shown } from "./answer.ts";
import { type JsonFlags, namedConnection } from "./connection-shapes.ts";

const Listed = z.looseObject({
  serialNumber: z.string(),
  name: z.string(),
  formerName: z.string().nullable(),
  state: z.string(),
  kind: z.string(),
  site: z.string().nullable(),
  metrics: z.array(z.looseObject({ name: z.string(), unit: z.string() })),
  deviceId: z.string().nullable(),
});
type Listed = z.output<typeof Listed>;

const Summary = z.object({ at: z.string().nullable(), devices: z.record(z.string(), z.number()) });
const Picked = z.object({ added: z.number(), alreadyThere: z.number() });

const COLUMNS = ["serialNumber", "name", "formerName", "state", "kind", "site", "metrics", "deviceId"] as const;
/** Devices of one request. */
const PICKED_PER_REQUEST = 10_000;

interface DiscoverFlags extends JsonFlags {
  readonly last?: boolean;
}
interface AddFlags extends JsonFlags {
  readonly site: string;
  readonly serials?: string;
  readonly allNew?: boolean;
}

/** `kilowatch connections discover` and `add`. */
export function addDiscovery(connections: Command): void {
  const discover = connections
    .command("discover <connection>")
    .description("List what the vendor has for an account: what is new, renamed, gone and known.")
    .option("--last", "show the last list instead of asking the vendor")
    .option("--json", "print as JSON")
    .action(async (which: string) => discoverAt(which, discover.opts<DiscoverFlags>()));
  withExample(addAskerOptions(discover), "kilowatch connections discover PowerP");

  const add = connections
    .command("add <connection>")
    .description("Collect devices of an account, picked from the last list or named.")
    .requiredOption("--site <site>", "where they stand, by the site's id or name")
    .option("--serials <list>", "ranges and names, such as SN-000..SN-499,SN-700 or 123/1001..123/1020")
    .option("--all-new", "all that the list has, can be polled and is not collected yet")
    .option("--json", "print as JSON")
    .action(async (which: string) => addDevices(which, add.opts<AddFlags>()));
  withExample(addAskerOptions(add), "kilowatch connections add PowerP --site Kaprun --serials 123/1001..123/1020");
}

async function discoverAt(which: string, flags: DiscoverFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedConnection(api, which, signal);
    if (!flags.last) {
      const { devices } = await api.create(Summary, `/connections/${id}/discovery`, {}, signal);
      const counts = Object.entries(devices).map(([state, count]) => `${count} ${state}`);
      say(`The vendor's list: ${counts.join(", ")}`);
    }
    await handOutMany(await listOf(api, id, signal), { columns: COLUMNS, row: shown }, flags.json);
  });
}

async function addDevices(which: string, flags: AddFlags): Promise<void> {
  const { serials, allNew = false } = flags;
  if ((serials === undefined) === !allNew) throw new BadUse("Say which devices: by --serials, or --all-new.");
  const named = serials === undefined ? null : parseSerials(serials);
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedConnection(api, which, signal);
    const { id: siteId } = await namedSite(api, flags.site);
    const serialNumbers =
      named ?? (await listOf(api, id, signal)).filter(isNew).map(({ serialNumber }) => serialNumber);
    const sum = { added: 0, alreadyThere: 0 };
    for (let first = 0; first < serialNumbers.length; first += PICKED_PER_REQUEST) {
      const body = { siteId, serialNumbers: serialNumbers.slice(first, first + PICKED_PER_REQUEST) };
      const { added, alreadyThere } = await api.create(Picked, `/connections/${id}/devices`, body, signal);
      sum.added += added;
      sum.alreadyThere += alreadyThere;
    }
    await handOutOne(sum, sum, flags.json);
  });
}

function listOf(api: ServerApi, id: string, signal: AbortSignal): Promise<Listed[]> {
  return allOf(api, Listed, `/connections/${id}/discovery`, signal);
}

function isNew({ deviceId, metrics, state }: Listed): boolean {
  return deviceId === null && metrics.length > 0 && state !== "gone";
}

function shown({ serialNumber, name, formerName, state, kind, site, metrics, deviceId }: Listed): Shown {
  const brings = metrics.map((metric) => `${metric.name} (${metric.unit})`).join(", ");
  return { serialNumber, name, formerName, state, kind, site, metrics: brings, deviceId };
}
