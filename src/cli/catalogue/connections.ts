import type { Command } from "commander";
import { z } from "zod";
import { EXIT } from "../exit-codes.ts";
import { withExample } from "../program.ts";
import { addAskerOptions, atServer } from "../server/person.ts";
import { allOf } from "../server/selection.ts";
import { say } from "../terminal.ts";
import { handOutMany, handOutOne } from "./answer.ts";
import { pollIntervalOf } from "./connect.ts";
import { addConnectionPlan } from "./connection-plan.ts";
import {
  CONNECTION_COLUMNS,
  Connection,
  connectionFields,
  type JsonFlags,
  namedConnection,
} from "./connection-shapes.ts";
import { agreeToDelete, type DeletionFlags } from "./deletion.ts";
import { addDiscovery } from "./discovery.ts";
import { changesOf } from "./field-options.ts";
import { addCredentialOptions, type CredentialFlags, readVendorCredential } from "./vendor-credential.ts";

const Test = z.looseObject({
  ok: z.boolean(),
  reason: z.string().nullable(),
  message: z.string(),
  requests: z.number(),
});
const Removed = z.object({ devicesKept: z.number(), devicesDeleted: z.number() });

interface TestFlags extends JsonFlags {
  readonly serial?: string;
}
interface ChangeFlags extends JsonFlags {
  readonly name?: string;
  readonly vendorUrl?: string;
  readonly pollSeconds?: string;
}
interface RotateFlags extends JsonFlags, CredentialFlags {
  readonly untested?: boolean;
}
interface RemoveFlags extends JsonFlags, DeletionFlags {
  readonly withDevices?: boolean;
}

/** `kilowatch connections`. */
export function addConnections(program: Command): void {
  const connections = program.command("connections").description("Accounts with vendors, and how polling them goes.");
  withExample(connections, "kilowatch connections", "kilowatch connections test EnergyGrid");

  const list = connections.command("list", { isDefault: true }).description("All accounts.");
  list.option("--json", "print as JSON").action(async () => listConnections(list.opts<JsonFlags>()));
  withExample(addAskerOptions(list), "kilowatch connections list");

  const show = connections.command("show <connection>").description("An account, by its id or name.");
  show.option("--json", "print as JSON").action(async (which: string) => showOne(which, show.opts<JsonFlags>()));
  withExample(addAskerOptions(show), "kilowatch connections show EnergyGrid --json");

  const test = connections
    .command("test <connection>")
    .description("Ask the vendor for one device, and say exactly why when that fails (exit code 2).")
    .option("--serial <serial>", "the device to ask for (default: the account's first)")
    .option("--json", "print as JSON")
    .action(async (which: string) => testOne(which, test.opts<TestFlags>()));
  withExample(addAskerOptions(test), "kilowatch connections test EnergyGrid");

  const change = connections
    .command("change <connection>")
    .description("Change an account's name, address or schedule.")
    .option("--name <name>", "what it is called from now on")
    .option("--vendor-url <address>", "where the vendor answers")
    .option("--poll-seconds <number>", "how often each device's values are wanted")
    .option("--json", "print as JSON")
    .action(async (which: string) => changeOne(which, change.opts<ChangeFlags>()));
  withExample(addAskerOptions(change), "kilowatch connections change EnergyGrid --poll-seconds 300");

  for (const [deed, words] of [
    ["pause", "Ask nothing of an account until it is resumed."],
    ["resume", "Poll an account again."],
  ] as const) {
    const command = connections.command(`${deed} <connection>`).description(words).option("--json", "print as JSON");
    command.action(async (which: string) => setGoing(which, deed, command.opts<JsonFlags>()));
    withExample(addAskerOptions(command), `kilowatch connections ${deed} EnergyGrid`);
  }

  const rotate = connections
    .command("rotate <connection>")
    .description("Give an account another credential; it is tested first, and polling goes on with it.")
    .option("--untested", "store it without asking the vendor first");
  addCredentialOptions(rotate)
    .option("--json", "print as JSON")
    .action(async (which: string) => rotateOne(which, rotate.opts<RotateFlags>()));
  withExample(addAskerOptions(rotate), "ENERGYGRID_TOKEN=… kilowatch connections rotate EnergyGrid");

  const remove = connections
    .command("remove <connection>")
    .description("Remove an account and its credential. Its devices stay, with all their readings.")
    .option("--with-devices", "delete its devices too")
    .option("--yes", "remove without asking")
    .action(async (which: string) => removeOne(which, remove.opts<RemoveFlags>()));
  withExample(addAskerOptions(remove), "kilowatch connections remove EnergyGrid --yes");

  addDiscovery(connections);
  addConnectionPlan(connections);
}

async function listConnections(flags: JsonFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const connections = await allOf(api, Connection, "/connections", signal);
    await handOutMany(connections, { columns: CONNECTION_COLUMNS, row: connectionFields }, flags.json);
  });
}

async function showOne(which: string, flags: JsonFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const connection = await namedConnection(api, which, signal);
    await handOutOne(connection, connectionFields(connection), flags.json);
  });
}

async function testOne(which: string, flags: TestFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedConnection(api, which, signal);
    const body = flags.serial === undefined ? {} : { serialNumber: flags.serial };
    const test = await api.create(Test, `/connections/${id}/test`, body, signal);
    const { ok, reason, message, requests } = test;
    await handOutOne(test, { ok: ok ? "yes" : "no", reason, message, requests }, flags.json);
    if (!ok) process.exitCode = EXIT.failed;
  });
}

async function changeOne(which: string, flags: ChangeFlags): Promise<void> {
  const { name, vendorUrl: baseUrl, pollSeconds } = flags;
  const body = changesOf({ name, baseUrl, pollIntervalMs: pollIntervalOf(pollSeconds) });
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedConnection(api, which, signal);
    const connection = await api.change(Connection, `/connections/${id}`, body, signal);
    await handOutOne(connection, connectionFields(connection), flags.json);
  });
}

async function setGoing(which: string, deed: "pause" | "resume", flags: JsonFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedConnection(api, which, signal);
    const connection = await api.create(Connection, `/connections/${id}/${deed}`, {}, signal);
    await handOutOne(connection, connectionFields(connection), flags.json);
  });
}

async function rotateOne(which: string, flags: RotateFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const { id, vendor } = await namedConnection(api, which, signal);
    const credential = await readVendorCredential(vendor, flags);
    const path = `/connections/${id}/credential${flags.untested ? "?untested=true" : ""}`;
    const answer = await api.put(z.looseObject({ connection: Connection }), path, { credential }, signal);
    await handOutOne(answer, connectionFields(answer.connection), flags.json);
  });
}

async function removeOne(which: string, flags: RemoveFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const { id, name, devices } = await namedConnection(api, which, signal);
    const fate = flags.withDevices ? "delete" : "keep";
    const what = flags.withDevices ? `, and its ${devices} devices` : "; its devices stay";
    await agreeToDelete(`the connection "${name}" (${id}) with its credential${what}`, flags, signal);
    const removed = await api.delete(Removed, `/connections/${id}?devices=${fate}`, signal);
    say(`Removed: connection "${name}"; devices kept: ${removed.devicesKept}, deleted: ${removed.devicesDeleted}`);
  });
}
