import type { Command } from "commander";
import { z } from "zod";
import { API_KEY_SCOPES } from "../../domain/api-key.ts";
import { parseTimeText } from "../../domain/time-text.ts";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import { collected } from "../output-file.ts";
import { withExample } from "../program.ts";
import type { ServerApi } from "../server/api.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, ambiguous, namedSite } from "../server/selection.ts";
import { print, say } from "../terminal.ts";
import { handOutMany, handOutOne, type Shown } from "./answer.ts";
import { agreeToDelete, type DeletionFlags } from "./deletion.ts";
import { oneOf } from "./field-options.ts";

const ApiKey = z.looseObject({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.string()),
  siteIds: z.array(z.string()).nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
});
type ApiKey = z.output<typeof ApiKey>;
const NewApiKey = ApiKey.extend({ key: z.string() });

const COLUMNS = ["id", "name", "prefix", "scopes", "siteIds", "createdAt", "expiresAt", "lastUsedAt"] as const;

interface JsonFlags extends AskerFlags {
  readonly json?: boolean;
}
interface NewKeyFlags extends JsonFlags {
  readonly scope: readonly string[];
  readonly site?: readonly string[];
  readonly expires?: string;
  readonly refuseUnknownSeries?: boolean;
}

/** `kilowatch api-keys`. */
export function addApiKeys(program: Command): void {
  const keys = program.command("api-keys").description("Keys that let programs in; an administrator makes them.");
  withExample(keys, "kilowatch api-keys create logger --scope ingest --sign-in ada@example.org > logger.key");

  const list = keys.command("list").description("The keys, without their secrets.").option("--json", "print as JSON");
  list.action(async () => listKeys(list.opts<JsonFlags>()));
  withExample(addAskerOptions(list), "kilowatch api-keys list --sign-in ada@example.org");

  const create = keys
    .command("create <name>")
    .description("Make a key. It is printed now and never again: the key alone, on stdout.")
    .requiredOption("--scope <scope>", `${API_KEY_SCOPES.join(", ")}; may be given more than once`, collected)
    .option("--site <site>", "limit it to this site, by its id or name; may be given more than once", collected)
    .option("--expires <time>", "when it lets nobody in any more: a date, or ISO 8601; UTC unless it has an offset")
    .option("--refuse-unknown-series", "refuse readings of series that are not there, instead of creating them")
    .option("--json", "print the key and what it may do as JSON")
    .action(async (name: string) => createKey(name, create.opts<NewKeyFlags>()));
  withExample(
    addAskerOptions(create),
    "kilowatch api-keys create logger --scope ingest --sign-in ada@example.org > logger.key",
    "kilowatch api-keys create reports --scope read --site Madrid --expires 2027-12-31 --sign-in ada@example.org",
  );

  const revoke = keys
    .command("revoke <key>")
    .description("Revoke a key, by its id, name or prefix, at once and for good.")
    .option("--yes", "revoke without asking")
    .action(async (which: string) => revokeKey(which, revoke.opts<AskerFlags & DeletionFlags>()));
  withExample(addAskerOptions(revoke), "kilowatch api-keys revoke logger --sign-in ada@example.org");
}

async function listKeys(flags: JsonFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    await handOutMany(await allOf(api, ApiKey, "/api-keys", signal), { columns: COLUMNS, row: shown }, flags.json);
  });
}

async function createKey(name: string, flags: NewKeyFlags): Promise<void> {
  const scopes = flags.scope.map((scope) => oneOf(API_KEY_SCOPES, scope, "--scope"));
  const expiresAt = flags.expires === undefined ? null : expiryOf(flags.expires);
  await atServer(flags, "person", async (api, signal) => {
    const sites = [];
    for (const which of flags.site ?? []) sites.push((await namedSite(api, which)).id);
    const body = {
      name,
      scopes,
      siteIds: sites.length > 0 ? sites : null,
      expiresAt,
      ...(flags.refuseUnknownSeries && { ingest: { unknownSeries: "refuse" } }),
    };
    const made = await api.create(NewApiKey, "/api-keys", body, signal);
    if (flags.json) {
      await handOutOne(made, {}, true);
      return;
    }
    print(made.key);
    say(`Made: API key "${made.name}" (${made.id}). It is not shown again.`);
  });
}

async function revokeKey(which: string, flags: AskerFlags & DeletionFlags): Promise<void> {
  await atServer(flags, "person", async (api, signal) => {
    const { id, name, prefix, lastUsedAt } = await namedKey(api, which, signal);
    const used = lastUsedAt === null ? "never used" : `last used at ${lastUsedAt}`;
    await agreeToDelete(
      `the API key "${name}" (kw_${prefix}_…, ${used}): what uses it is refused at once`,
      flags,
      signal,
    );
    await api.delete(z.unknown(), `/api-keys/${id}`, signal);
    say(`Revoked: API key "${name}"`);
  });
}

/** @throws BadUse when there are several of that name, CommandFailed when there is none */
async function namedKey(api: ServerApi, which: string, signal: AbortSignal): Promise<ApiKey> {
  const keys = await allOf(api, ApiKey, "/api-keys", signal);
  const found = keys.filter(({ id, name, prefix }) => [id, name, prefix].includes(which));
  const [only, ...others] = found;
  // What was asked for is not repeated: someone may have named a key by the key itself.
  if (!only)
    throw new CommandFailed("There is no API key of this id, name or prefix; `kilowatch api-keys list` shows them.");
  if (others.length === 0) return only;
  throw ambiguous(
    "API key",
    which,
    found.map(({ id, prefix }) => `${id} (kw_${prefix}_…)`),
  );
}

/** @throws BadUse */
function expiryOf(text: string): string {
  const read = parseTimeText(text);
  if (read === null) throw new BadUse(`--expires must be a date or a time such as 2027-12-31T00:00:00Z: ${text}`);
  return new Date(read.fromMs).toISOString();
}

function shown({ id, name, prefix, scopes, siteIds, createdAt, expiresAt, lastUsedAt }: ApiKey): Shown {
  return {
    id,
    name,
    prefix,
    scopes: scopes.join(" "),
    siteIds: siteIds?.join(" ") ?? "all",
    createdAt,
    expiresAt,
    lastUsedAt,
  };
}
