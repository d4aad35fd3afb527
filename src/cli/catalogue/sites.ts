import type { Command } from "commander";
import { z } from "zod";
import { withExample } from "../program.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, namedSite } from "../server/selection.ts";
import { say } from "../terminal.ts";
import { handOutMany, handOutOne, type Shown } from "./answer.ts";
import { agreeToDelete, type DeletionFlags } from "./deletion.ts";
import { changesOf, numberOrNone } from "./field-options.ts";
import { addMembers } from "./members.ts";

const Site = z.looseObject({
  id: z.string(),
  name: z.string(),
  timezone: z.string(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  peakPowerW: z.number().nullable(),
  createdAt: z.string(),
});
type Site = z.output<typeof Site>;

const COLUMNS = ["id", "name", "timezone", "latitude", "longitude", "peakPowerW", "createdAt"] as const;

interface JsonFlags extends AskerFlags {
  readonly json?: boolean;
}
interface SiteFlags extends JsonFlags {
  readonly name?: string;
  readonly timezone?: string;
  readonly latitude?: string;
  readonly longitude?: string;
  readonly peakPower?: string;
}

/** `kilowatch sites`. */
export function addSites(program: Command): void {
  const sites = program.command("sites").description("Sites, and who is what on each.");
  withExample(sites, "kilowatch sites create Madrid --timezone Europe/Madrid");

  const list = sites.command("list").description("The sites that you may see.");
  list.option("--json", "print as JSON").action(async () => listSites(list.opts<JsonFlags>()));
  withExample(addAskerOptions(list), "kilowatch sites list");

  const show = sites.command("show <site>").description("A site, by its id or name.");
  show.option("--json", "print as JSON").action(async (which: string) => showSite(which, show.opts<JsonFlags>()));
  withExample(addAskerOptions(show), "kilowatch sites show Madrid --json");

  const create = sites
    .command("create <name>")
    .description("Create a site.")
    .requiredOption("--timezone <zone>", "whose days its days are: IANA name, such as Europe/Madrid");
  addPlaceOptions(create).action(async (name: string) => createSite(name, create.opts<SiteFlags>()));
  withExample(addAskerOptions(create), "kilowatch sites create Madrid --timezone Europe/Madrid --peak-power 250000");

  const change = sites
    .command("change <site>")
    .description("Change a site, by its id or name.")
    .option("--name <name>", "what it is called from now on")
    .option("--timezone <zone>", "IANA name");
  addPlaceOptions(change).action(async (which: string) => changeSite(which, change.opts<SiteFlags>()));
  withExample(addAskerOptions(change), "kilowatch sites change Madrid --peak-power 300000");

  const remove = sites
    .command("delete <site>")
    .description("Delete a site that has no devices, by its id or name.")
    .option("--yes", "delete without asking")
    .action(async (which: string) => deleteSite(which, remove.opts<AskerFlags & DeletionFlags>()));
  withExample(addAskerOptions(remove), "kilowatch sites delete Madrid --yes");

  addMembers(sites);
}

function addPlaceOptions(command: Command): Command {
  return command
    .option("--latitude <degrees>", "-90 to 90; none empties it")
    .option("--longitude <degrees>", "-180 to 180; none empties it")
    .option("--peak-power <W>", "what it can deliver, in W; none empties it")
    .option("--json", "print as JSON");
}

async function listSites(flags: JsonFlags): Promise<void> {
  await atServer(flags, "look", async (api, signal) => {
    await handOutMany(await allOf(api, Site, "/sites", signal), { columns: COLUMNS, row: shown }, flags.json);
  });
}

async function showSite(which: string, flags: JsonFlags): Promise<void> {
  await atServer(flags, "look", async (api, signal) => {
    const { id } = await namedSite(api, which);
    const site = await api.get(Site, `/sites/${id}`, {}, signal);
    await handOutOne(site, shown(site), flags.json);
  });
}

async function createSite(name: string, flags: SiteFlags): Promise<void> {
  const body = { ...fieldsOf(flags), name };
  await atServer(flags, "write", async (api, signal) => {
    const site = await api.create(Site, "/sites", body, signal);
    await handOutOne(site, shown(site), flags.json);
  });
}

async function changeSite(which: string, flags: SiteFlags): Promise<void> {
  const body = changesOf(fieldsOf(flags));
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedSite(api, which);
    const site = await api.change(Site, `/sites/${id}`, body, signal);
    await handOutOne(site, shown(site), flags.json);
  });
}

async function deleteSite(which: string, flags: AskerFlags & DeletionFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const { id, name } = await namedSite(api, which);
    await agreeToDelete(`the site "${name}" (${id}), and what people are on it`, flags, signal);
    await api.delete(z.unknown(), `/sites/${id}`, signal);
    say(`Deleted: site "${name}"`);
  });
}

function fieldsOf({ name, timezone, latitude, longitude, peakPower }: SiteFlags): object {
  return {
    name,
    timezone,
    latitude: numberOrNone(latitude, "--latitude"),
    longitude: numberOrNone(longitude, "--longitude"),
    peakPowerW: numberOrNone(peakPower, "--peak-power"),
  };
}

function shown({ id, name, timezone, latitude, longitude, peakPowerW, createdAt }: Site): Shown {
  return { id, name, timezone, latitude, longitude, peakPowerW, createdAt };
}
