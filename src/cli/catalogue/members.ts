import type { Command } from "commander";
import { z } from "zod";
import { SITE_ROLES } from "../../domain/user.ts";
import { withExample } from "../program.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, namedSite } from "../server/selection.ts";
import { say } from "../terminal.ts";
import { handOutMany, handOutOne, type Shown } from "./answer.ts";
import { oneOf } from "./field-options.ts";
import { namedUser } from "./users.ts";

const Member = z.looseObject({
  userId: z.string(),
  siteId: z.string(),
  role: z.string(),
  email: z.string(),
  name: z.string(),
});
type Member = z.output<typeof Member>;

const COLUMNS = ["userId", "email", "name", "role"] as const;

interface MemberFlags extends AskerFlags {
  readonly role: string;
  readonly json?: boolean;
}

/** `kilowatch sites members`. */
export function addMembers(sites: Command): void {
  const members = sites.command("members").description("Who is what on a site; an administrator decides it.");
  withExample(members, "kilowatch sites members put Madrid bo@example.org --role viewer --sign-in ada@example.org");

  const list = members.command("list <site>").description("Who is what on a site.").option("--json", "print as JSON");
  list.action(async (site: string) => listMembers(site, list.opts<MemberFlags>()));
  withExample(addAskerOptions(list), "kilowatch sites members list Madrid --sign-in ada@example.org");

  const put = members
    .command("put <site> <person>")
    .description("Give a person, by their id or e-mail address, a role on a site.")
    .requiredOption("--role <role>", SITE_ROLES.join(" or "))
    .option("--json", "print as JSON")
    .action(async (site: string, person: string) => putMember(site, person, put.opts<MemberFlags>()));
  withExample(
    addAskerOptions(put),
    "kilowatch sites members put Madrid bo@example.org --role technician --sign-in ada@example.org",
  );

  const remove = members
    .command("remove <site> <person>")
    .description("Take a person off a site, at once.")
    .action(async (site: string, person: string) => removeMember(site, person, remove.opts<AskerFlags>()));
  withExample(
    addAskerOptions(remove),
    "kilowatch sites members remove Madrid bo@example.org --sign-in ada@example.org",
  );
}

async function listMembers(which: string, flags: MemberFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    const { id } = await namedSite(api, which);
    const members = await allOf(api, Member, `/sites/${id}/members`, signal);
    await handOutMany(members, { columns: COLUMNS, row: shown }, flags.json);
  });
}

async function putMember(which: string, person: string, flags: MemberFlags): Promise<void> {
  const role = oneOf(SITE_ROLES, flags.role, "--role");
  await atServer(flags, "person", async (api, signal) => {
    const site = await namedSite(api, which);
    const user = await namedUser(api, person, signal);
    const member = await api.put(Member, `/sites/${site.id}/members/${user.id}`, { role }, signal);
    await handOutOne(member, { ...shown(member), site: site.name }, flags.json);
  });
}

async function removeMember(which: string, person: string, flags: AskerFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    const site = await namedSite(api, which);
    const user = await namedUser(api, person, signal);
    await api.delete(z.unknown(), `/sites/${site.id}/members/${user.id}`, signal);
    say(`${user.email} is nothing on "${site.name}" any more.`);
  });
}

function shown({ userId, email, name, role }: Member): Shown {
  return { userId, email, name, role };
}
