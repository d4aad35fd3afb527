import type { Command } from "commander";
import { z } from "zod";
import { QUALITY_RULES } from "../../domain/quality.ts";
import { LocalClock } from "../local-time.ts";
import { withExample } from "../program.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { allOf, devicesOf, findDevice, namedSite } from "../server/selection.ts";
import { addTimeRangeOptions, readOpenTimeRange, readTimeRange, type TimeRangeFlags } from "../server/time-range.ts";
import { handOutMany, handOutOne } from "./answer.ts";
import { oneOf } from "./field-options.ts";

const Event = z.looseObject({
  id: z.string(),
  deviceId: z.string(),
  metric: z.string().nullable(),
  rule: z.string(),
  from: z.string(),
  to: z.string().nullable(),
  evidence: z.record(z.string(), z.union([z.number(), z.string()])),
});
const Scan = z.looseObject({
  devices: z.number(),
  readings: z.number(),
  events: z.number(),
  newEvents: z.number(),
  isComplete: z.boolean(),
  message: z.string(),
});

const COLUMNS = ["rule", "device", "metric", "from", "to", "evidence"] as const;

interface ListFlags extends AskerFlags, TimeRangeFlags {
  readonly site: string;
  readonly device?: string;
  readonly rule?: string;
  readonly open?: boolean;
  readonly json?: boolean;
}
type ScanFlags = Pick<ListFlags, "site" | "json"> & AskerFlags & TimeRangeFlags;

/** `kilowatch events`. */
export function addEvents(program: Command): void {
  const events = program.command("events").description("What is wrong with readings, as it was found.");
  withExample(events, "kilowatch events --site Madrid --open");

  const list = events
    .command("list", { isDefault: true })
    .description("What was found at a site.")
    .requiredOption("--site <site>", "whose, by its id or name")
    .option("--device <device>", "only of this device, by its id, name or serial number")
    .option("--rule <rule>", QUALITY_RULES.join(", "))
    .option("--open", "only what goes on")
    .option("--json", "print as JSON")
    .action(async () => listEvents(list.opts<ListFlags>()));
  addTimeRangeOptions(list, "in the site's timezone");
  withExample(addAskerOptions(list), "kilowatch events --site Madrid --rule flat_lined --from 2026-11-01");

  const scan = events
    .command("scan")
    .description("Look for what is wrong in a site's history, up to a year of it. What is new is looked at by itself.")
    .requiredOption("--site <site>", "whose, by its id or name")
    .option("--json", "print as JSON")
    .action(async () => scanSite(scan.opts<ScanFlags>()));
  addTimeRangeOptions(scan, "in the site's timezone");
  withExample(addAskerOptions(scan), "kilowatch events scan --site Madrid --from 2026-01-01 --to 2026-06-30");
}

async function listEvents(flags: ListFlags): Promise<void> {
  const rule = flags.rule && oneOf(QUALITY_RULES, flags.rule, "--rule");
  await atServer(flags, "look", async (api, signal) => {
    const site = await namedSite(api, flags.site);
    const { fromMs, toMs } = readOpenTimeRange(flags, new LocalClock(site.timezone));
    const query = new URLSearchParams({
      ...(fromMs !== null && { from: new Date(fromMs).toISOString() }),
      ...(toMs !== null && { to: new Date(toMs).toISOString() }),
      ...(rule && { rule }),
      ...(flags.open && { open: "true" }),
    });
    const only = flags.device === undefined ? null : (await findDevice(api, flags.device, site)).device;
    const owner = only ? `/devices/${only.id}` : `/sites/${site.id}`;
    const events = await allOf(api, Event, `${owner}/events?${query.toString()}`, signal);
    const devices = only ? [only] : await devicesOf(api, site);
    const names = new Map(devices.map(({ id, name }) => [id, name]));
    await handOutMany(
      events,
      {
        columns: COLUMNS,
        row: ({ deviceId, evidence, metric, rule: broken, from, to }) => ({
          rule: broken,
          device: names.get(deviceId) ?? deviceId,
          metric,
          from,
          to,
          evidence: Object.entries(evidence)
            .map(([name, value]) => `${name}=${value}`)
            .join(" "),
        }),
      },
      flags.json,
    );
  });
}

async function scanSite(flags: ScanFlags): Promise<void> {
  await atServer(flags, "write", async (api, signal) => {
    const site = await namedSite(api, flags.site);
    const { fromMs, toMs } = readTimeRange(flags, new LocalClock(site.timezone));
    const body = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    const report = await api.create(Scan, `/sites/${site.id}/quality-scans`, body, signal);
    const { devices, readings, events, newEvents, message } = report;
    await handOutOne(report, { devices, readings, events, newEvents, message }, flags.json);
  });
}
