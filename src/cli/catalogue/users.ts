import type { Command } from "commander";
import { z } from "zod";
import { CommandFailed } from "../exit-codes.ts";
import { withExample } from "../program.ts";
import { readPassword } from "../secret.ts";
import type { ServerApi } from "../server/api.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, ID } from "../server/selection.ts";
import { counted, say } from "../terminal.ts";
import { handOutMany, handOutOne, type Shown } from "./answer.ts";
import { agreeToDelete, type DeletionFlags } from "./deletion.ts";
import { changesOf } from "./field-options.ts";

const User = z.looseObject({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  isAdmin: z.boolean(),
  sites: z.array(z.looseObject({ siteId: z.string(), role: z.string() })),
});
type User = z.output<typeof User>;

const COLUMNS = ["id", "email", "name", "isAdmin", "sites"] as const;
const NEW_PASSWORD_FILE =
  "file that holds the person's new password; else KILOWATCH_NEW_PASSWORD, else a prompt that asks twice";

interface JsonFlags extends AskerFlags {
  readonly json?: boolean;
}
interface UserFlags extends JsonFlags {
  readonly name?: string;
  readonly email?: string;
  readonly admin?: boolean;
  readonly newPassword?: boolean;
  readonly newPasswordFile?: string;
}

/** `kilowatch users`. */
export function addUsers(program: Command): void {
  const users = program.command("users").description("People who may sign in; an administrator decides it.");
  withExample(users, "kilowatch users create bo@example.org --name Bo --sign-in ada@example.org");

  const list = users.command("list").description("Everybody who may sign in.").option("--json", "print as JSON");
  list.action(async () => listUsers(list.opts<JsonFlags>()));
  withExample(addAskerOptions(list), "kilowatch users list --sign-in ada@example.org");

  const show = users.command("show <person>").description("A person, by their id or e-mail address.");
  show.option("--json", "print as JSON").action(async (which: string) => showUser(which, show.opts<JsonFlags>()));
  withExample(addAskerOptions(show), "kilowatch users show bo@example.org --sign-in ada@example.org");

  const create = users
    .command("create <email>")
    .description("Let a person in.")
    .requiredOption("--name <name>", "what they are called")
    .option("--admin", "they may do everything, everywhere")
    .option("--new-password-file <file>", NEW_PASSWORD_FILE)
    .option("--json", "print as JSON")
    .action(async (email: string) => createUser(email, create.opts<UserFlags>()));
  withExample(addAskerOptions(create), "kilowatch users create bo@example.org --name Bo --sign-in ada@example.org");

  const change = users
    .command("change <person>")
    .description("Change a person, by their id or e-mail address; a new password ends their sessions.")
    .option("--name <name>", "what they are called")
    .option("--email <email>", "what they sign in with")
    .option("--admin", "they may do everything, everywhere")
    .option("--no-admin", "they may no longer do everything")
    .option("--new-password", "give them another password, from KILOWATCH_NEW_PASSWORD or a prompt that asks twice")
    .option("--new-password-file <file>", "give them the password that this file holds")
    .option("--json", "print as JSON")
    .action(async (which: string) => changeUser(which, change.opts<UserFlags>()));
  withExample(
    addAskerOptions(change),
    "kilowatch users change bo@example.org --new-password --sign-in ada@example.org",
  );

  const remove = users
    .command("delete <person>")
    .description("Delete a person, by their id or e-mail address, at once; what they did stays in the audit log.")
    .option("--yes", "delete without asking")
    .action(async (which: string) => deleteUser(which, remove.opts<AskerFlags & DeletionFlags>()));
  withExample(addAskerOptions(remove), "kilowatch users delete bo@example.org --sign-in ada@example.org");
}

/** A person by their id or e-mail address. @throws CommandFailed when there is none */
export async function namedUser(api: ServerApi, which: string, signal: AbortSignal): Promise<User> {
  if (ID.test(which)) return api.get(User, `/users/${which}`, {}, signal);
  const users = await allOf(api, User, "/users", signal);
  const found = users.find(({ email }) => email === which.toLowerCase());
  if (found) return found;
  throw new CommandFailed(`There is no person with the e-mail address ${which}.`);
}

async function listUsers(flags: JsonFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    await handOutMany(await allOf(api, User, "/users", signal), { columns: COLUMNS, row: shown }, flags.json);
  });
}

async function showUser(which: string, flags: JsonFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    const user = await namedUser(api, which, signal);
    await handOutOne(user, shown(user), flags.json);
  });
}

async function createUser(email: string, flags: UserFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    const password = await newPasswordOf(email, flags);
    const body = { email, name: flags.name, password, isAdmin: flags.admin ?? false };
    const user = await api.create(User, "/users", body, signal);
    await handOutOne(user, shown(user), flags.json);
  });
}

async function changeUser(which: string, flags: UserFlags): Promise<void> {
  const { name, email, admin: isAdmin, newPassword, newPasswordFile } = flags;
  const getsPassword = newPassword || newPasswordFile !== undefined || undefined;
  changesOf({ name, email, isAdmin, getsPassword });
  await atServer(flags, "person", async (api, signal) => {
    const { id, email: known } = await namedUser(api, which, signal);
    const password = getsPassword && (await newPasswordOf(known, flags));
    const user = await api.change(User, `/users/${id}`, { name, email, isAdmin, password }, signal);
    await handOutOne(user, shown(user), flags.json);
  });
}

async function deleteUser(which: string, flags: AskerFlags & DeletionFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    const { id, email, name, sites } = await namedUser(api, which, signal);
    const roles = sites.length > 0 ? `their roles on ${counted(sites.length, "site")} and ` : "";
    await agreeToDelete(`${name} (${email}), with ${roles}their sessions`, flags, signal);
    await api.delete(z.unknown(), `/users/${id}`, signal);
    say(`Deleted: ${email}`);
  });
}

async function newPasswordOf(email: string, { newPasswordFile }: UserFlags): Promise<string> {
  const title = `New password for ${email}`;
  const [variable, flag] = ["KILOWATCH_NEW_PASSWORD", "--new-password-file"] as const;
  return readPassword({ variable, flag, file: newPasswordFile, title }, { isNew: true });
}

function shown({ id, email, name, isAdmin, sites }: User): Shown {
  return { id, email, name, isAdmin, sites: sites.map(({ siteId, role }) => `${siteId} ${role}`).join("; ") };
}
