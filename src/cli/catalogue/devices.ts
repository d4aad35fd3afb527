import type { Command } from "commander";
import { z } from "zod";
import { DEVICE_KINDS } from "../../domain/device.ts";
import { METRIC_KINDS, type MetricKind } from "../../domain/metric.ts";
import { BadUse } from "../exit-codes.ts";
import { collected } from "../output-file.ts";
import { withExample } from "../program.ts";
import type { ServerApi } from "../server/api.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, findDevice, namedSite, type PlacedDevice } from "../server/selection.ts";
import { counted, say } from "../terminal.ts";
import { handOutMany, handOutOne, type Shown } from "./answer.ts";
import { agreeToDelete, type DeletionFlags } from "./deletion.ts";
import { changesOf, numberOrNone, oneOf, textOrNone } from "./field-options.ts";

const Device = z.looseObject({
  id: z.string(),
  siteId: z.string(),
  name: z.string(),
  kind: z.string(),
  serialNumber: z.string().nullable(),
  manufacturer: z.string().nullable(),
  model: z.string().nullable(),
  ratedPowerW: z.number().nullable(),
  status: z.string(),
  statusAt: z.string().nullable(),
  metrics: z.array(z.looseObject({ name: z.string(), unit: z.string() })),
});
type Device = z.output<typeof Device>;
const DeviceDeleted = z.looseObject({ id: z.string(), metrics: z.number(), detail: z.string() });

const COLUMNS = ["id", "name", "kind", "serialNumber", "status", "statusAt", "ratedPowerW", "metrics"] as const;
/** `active_power=W`, `energy_total=W.h,counter`. A unit's note in braces may hold a comma. */
const METRIC = /^([^=]+)=((?:[^,{}]|\{[^{}]*\})+)(?:,([^,]*))?$/;

interface WhichFlags extends AskerFlags {
  readonly site?: string;
  readonly json?: boolean;
}
interface DeviceFlags extends WhichFlags {
  readonly name?: string;
  readonly kind?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly ratedPower?: string;
  readonly metric?: readonly string[];
}

/** `kilowatch devices`. */
export function addDevices(program: Command): void {
  const devices = program.command("devices").description("The devices of a site, with their metrics.");
  withExample(devices, "kilowatch devices list --site Madrid");

  const list = devices
    .command("list")
    .description("A site's devices, and how they are.")
    .requiredOption("--site <site>", "whose, by its id or name")
    .option("--json", "print as JSON, with metrics and their latest values")
    .action(async () => listDevices(list.opts<WhichFlags & { site: string }>()));
  withExample(addAskerOptions(list), "kilowatch devices list --site Madrid");

  const show = addWhich(devices.command("show <device>").description("A device, by its id, name or serial number."));
  show.option("--json", "print as JSON, with metrics and their latest values");
  show.action(async (which: string) => showDevice(which, show.opts<WhichFlags>()));
  withExample(addAskerOptions(show), "kilowatch devices show SN-001");

  const create = devices
    .command("create <name>")
    .description("Create a device with its metrics.")
    .requiredOption("--site <site>", "where, by the site's id or name")
    .requiredOption("--kind <kind>", DEVICE_KINDS.join(", "))
    .requiredOption(
      "--metric <name=unit>",
      `and ,${METRIC_KINDS.join(" or ,")}; may be given more than once`,
      collected,
    );
  addFieldOptions(create).action(async (name: string) => createDevice(name, create.opts<NewDeviceFlags>()));
  withExample(
    addAskerOptions(create),
    "kilowatch devices create 'Meter 1' --site Madrid --kind meter --metric active_power=W --metric energy_total=W.h,counter",
  );

  const change = devices
    .command("change <device>")
    .description("Change a device; with another serial number it was swapped, and its history goes on.")
    .option("--name <name>", "what it is called from now on")
    .option("--kind <kind>", DEVICE_KINDS.join(", "));
  addFieldOptions(addWhich(change)).action(async (which: string) => changeDevice(which, change.opts<DeviceFlags>()));
  withExample(addAskerOptions(change), "kilowatch devices change SN-001 --serial SN-777");

  const remove = addWhich(devices.command("delete <device>"))
    .description("Delete a device and its metrics; their readings are kept until retention ends.")
    .option("--yes", "delete without asking")
    .option("--json", "print what went as JSON")
    .action(async (which: string) => deleteDevice(which, remove.opts<WhichFlags & DeletionFlags>()));
  withExample(addAskerOptions(remove), "kilowatch devices delete SN-001 --site Madrid --yes");
}

type NewDeviceFlags = DeviceFlags & { readonly site: string; readonly metric: readonly string[] };

function addWhich(command: Command): Command {
  return command.option(
    "--site <site>",
    "where the device is looked for, by the site's id or name (default: everywhere)",
  );
}

function addFieldOptions(command: Command): Command {
  return command
    .option("--serial <number>", "serial number; none empties it")
    .option("--manufacturer <name>", "who made it; none empties it")
    .option("--model <name>", "what its maker calls it; none empties it")
    .option("--rated-power <W>", "in W; none empties it")
    .option("--json", "print as JSON");
}

async function listDevices(flags: WhichFlags & { site: string }): Promise<void> {
  await atServer(flags, "look", async (api, signal) => {
    const { id } = await namedSite(api, flags.site);
    const devices = await allOf(api, Device, `/sites/${id}/devices`, signal);
    await handOutMany(
      devices,
      { columns: COLUMNS, row: (device) => ({ ...shown(device), metrics: device.metrics.length }) },
      flags.json,
    );
  });
}

async function showDevice(which: string, flags: WhichFlags): Promise<void> {
  await atServer(flags, "look", async (api, signal) => {
    const { device } = await placed(api, which, flags);
    const whole = await api.get(Device, `/devices/${device.id}`, {}, signal);
    await handOutOne(whole, shown(whole), flags.json);
  });
}

async function createDevice(name: string, flags: NewDeviceFlags): Promise<void> {
  const body = { ...fieldsOf(flags), name, metrics: flags.metric.map(metricOf) };
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedSite(api, flags.site);
    const device = await api.create(Device, `/sites/${id}/devices`, body, signal);
    await handOutOne(device, shown(device), flags.json);
  });
}

async function changeDevice(which: string, flags: DeviceFlags): Promise<void> {
  const body = changesOf(fieldsOf(flags));
  await atServer(flags, "write", async (api, signal) => {
    const { device } = await placed(api, which, flags);
    const changed = await api.change(Device, `/devices/${device.id}`, body, signal);
    await handOutOne(changed, shown(changed), flags.json);
  });
}

async function deleteDevice(which: string, flags: WhichFlags & DeletionFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const { device, site } = await placed(api, which, flags);
    const { id, name, metrics } = device;
    const lost = `the device "${name}" (${id}) of the site "${site.name}" and its ${counted(metrics.length, "metric")}`;
    await agreeToDelete(lost, flags, signal);
    const deleted = await api.delete(DeviceDeleted, `/devices/${id}`, signal);
    if (flags.json) await handOutOne(deleted, {}, true);
    else say(`Deleted: device "${name}". ${deleted.detail}`);
  });
}

async function placed(api: ServerApi, which: string, { site }: WhichFlags): Promise<PlacedDevice> {
  return findDevice(api, which, site === undefined ? null : await namedSite(api, site));
}

function fieldsOf({ name, kind, serial, manufacturer, model, ratedPower }: DeviceFlags): object {
  return {
    name,
    kind: kind && oneOf(DEVICE_KINDS, kind, "--kind"),
    serialNumber: textOrNone(serial),
    manufacturer: textOrNone(manufacturer),
    model: textOrNone(model),
    ratedPowerW: numberOrNone(ratedPower, "--rated-power"),
  };
}

/** @throws BadUse */
function metricOf(text: string): { readonly name: string; readonly unit: string; readonly kind?: MetricKind } {
  const [, name, unit, kind] = METRIC.exec(text) ?? [];
  if (name === undefined || unit === undefined) {
    throw new BadUse(`--metric must be written as active_power=W or energy_total=W.h,counter: ${text}`);
  }
  return { name, unit, ...(kind !== undefined && { kind: oneOf(METRIC_KINDS, kind, "The kind of a --metric") }) };
}

function shown(device: Device): Shown {
  const { id, name, kind, serialNumber, manufacturer, model, ratedPowerW, status, statusAt, metrics } = device;
  const words = metrics.map((metric) => `${metric.name} (${metric.unit})`).join(", ");
  return { id, name, kind, serialNumber, manufacturer, model, ratedPowerW, status, statusAt, metrics: words };
}
