import type { Command } from "commander";
import { z } from "zod";
import { BadUse } from "../exit-codes.ts";
import { LocalClock } from "../local-time.ts";
import { withExample } from "../program.ts";
import type { ServerApi } from "../server/api.ts";
import { type AskerFlags, addAskerOptions, atServer } from "../server/person.ts";
import { findDevice, namedSite } from "../server/selection.ts";
import { addTimeRangeOptions, readOpenTimeRange, type TimeRangeFlags } from "../server/time-range.ts";
import { durationText, say } from "../terminal.ts";
import { handOutMany, type Shown } from "./answer.ts";

/** Gaps that are shown at once; whoever has more asks for a shorter time. */
export const GAPS_SHOWN_MAX = 10_000;
/** Items of a page, as many as the server gives. */
const PAGE_ITEMS = 500;

const Gap = z.looseObject({
  device: z.string(),
  metrics: z.array(z.string()),
  from: z.string(),
  to: z.string(),
  outcome: z.string().nullable(),
  askedAt: z.string().nullable(),
  request: z.number().nullable(),
});
type Gap = z.output<typeof Gap>;
const Gaps = z.object({ asked: z.boolean(), items: z.array(Gap), nextCursor: z.string().nullable() });

const COLUMNS = ["device", "from", "to", "duration", "outcome", "askedAt", "request", "metrics"] as const;

interface GapsFlags extends AskerFlags, TimeRangeFlags {
  readonly site?: string;
  readonly device?: string;
  readonly json?: boolean;
}

/** `kilowatch gaps`. */
export function addGaps(program: Command): void {
  const command = program
    .command("gaps")
    .description("What is missing of what vendors are asked for, and what they said last; the newest first.")
    .option("--site <site>", "of this site, by its id or name")
    .option("--device <device>", "of this device, by its id, name or serial number")
    .action(async () => showGaps(command.opts<GapsFlags>()));
  addTimeRangeOptions(command, "in the site's timezone");
  command.option("--json", "print as JSON");
  withExample(
    addAskerOptions(command),
    "kilowatch gaps --site Madrid",
    "kilowatch gaps --device SN-001 --from 2026-11-01 --to 2026-11-30 --json",
  );
}

async function showGaps(flags: GapsFlags): Promise<void> {
  await atServer(flags, "look", async (api, signal) => {
    const { path, timezone } = await placeOf(api, flags);
    const { fromMs, toMs } = readOpenTimeRange(flags, new LocalClock(timezone));
    const span = { from: timeOf(fromMs), to: timeOf(toMs) };
    const gaps: Gap[] = [];
    let [asked, cursor]: [boolean, string | undefined] = [false, undefined];
    do {
      const page: z.output<typeof Gaps> = await api.get(Gaps, path, { ...span, limit: PAGE_ITEMS, cursor }, signal);
      gaps.push(...page.items);
      asked = page.asked;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && gaps.length < GAPS_SHOWN_MAX);
    await handOutMany(gaps, { columns: COLUMNS, row: shown }, flags.json);
    if (!asked) say("No connection asks for these values: of what devices push by themselves no gaps are known.");
    if (cursor !== undefined) say(`These are the newest ${gaps.length}; there are more: ask for a shorter time.`);
  });
}

/** @throws BadUse, CommandFailed */
async function placeOf(api: ServerApi, flags: GapsFlags): Promise<{ path: string; timezone: string }> {
  const site = flags.site === undefined ? null : await namedSite(api, flags.site);
  if (flags.device !== undefined) {
    const placed = await findDevice(api, flags.device, site);
    return { path: `/devices/${placed.device.id}/gaps`, timezone: placed.site.timezone };
  }
  if (site === null) throw new BadUse("Say whose gaps: by --site or --device.");
  return { path: `/sites/${site.id}/gaps`, timezone: site.timezone };
}

function timeOf(timeMs: number | null): string | undefined {
  return timeMs === null ? undefined : new Date(timeMs).toISOString();
}

function shown({ device, metrics, from, to, outcome, askedAt, request }: Gap): Shown {
  return {
    device,
    from,
    to,
    duration: durationText(Date.parse(to) - Date.parse(from)),
    outcome: outcome ?? "never asked",
    askedAt,
    request,
    metrics: metrics.join(" "),
  };
}
