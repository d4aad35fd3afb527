import type { Command } from "commander";
import { z } from "zod";
import { BadUse } from "../exit-codes.ts";
import { withExample } from "../program.ts";
import { addAskerOptions, atServer } from "../server/person.ts";
import { durationText } from "../terminal.ts";
import { readTimeRange } from "../time-option.ts";
import { handOutOne, type Shown } from "./answer.ts";
import { pollIntervalOf } from "./connect.ts";
import { type JsonFlags, namedConnection } from "./connection-shapes.ts";

const Schedule = z.object({
  pollIntervalMs: z.number(),
  requestsPerSweep: z.number(),
  sweepMs: z.number(),
  everyMs: z.number(),
  isAtLimit: z.boolean(),
  freshnessMs: z.number(),
  requestsPerDay: z.number(),
  budgets: z.array(z.object({ requests: z.number(), perMs: z.number(), liveShare: z.number() })),
});
type Schedule = z.output<typeof Schedule>;

const Plan = z.looseObject({
  devices: z.number(),
  present: Schedule,
  changed: Schedule.nullable(),
  history: z
    .object({ from: z.string(), to: z.string(), requests: z.number(), durationMs: z.number().nullable() })
    .nullable(),
});

interface PlanFlags extends JsonFlags {
  readonly pollSeconds?: string;
  readonly from?: string;
  readonly to?: string;
}

/** `kilowatch connections plan`. */
export function addConnectionPlan(connections: Command): void {
  const plan = connections
    .command("plan <connection>")
    .description("Say what an account's schedule takes, what another would, and what a past would cost; send nothing.")
    .option("--poll-seconds <number>", "an interval to compare the present one with")
    .option("--from <time>", "the past whose cost is asked for begins here: a date, or ISO 8601")
    .option("--to <time>", "and ends here, not included; of a date, the end of that day")
    .option("--json", "print as JSON")
    .action(async (which: string) => planOne(which, plan.opts<PlanFlags>()));
  withExample(
    addAskerOptions(plan),
    "kilowatch connections plan EnergyGrid --poll-seconds 15",
    "kilowatch connections plan Elecnova --from 2026-01-01 --to 2026-06-30",
  );
}

async function planOne(which: string, flags: PlanFlags): Promise<void> {
  const { from, to, pollSeconds } = flags;
  if (from === undefined && to !== undefined) throw new BadUse("--to needs --from beside it.");
  const past = from === undefined ? null : readTimeRange(from, to, "the cost of a past");
  const query = {
    pollIntervalMs: pollIntervalOf(pollSeconds),
    ...(past && { historyFrom: new Date(past.fromMs).toISOString(), historyTo: new Date(past.toMs).toISOString() }),
  };
  await atServer(flags, "write", async (api, signal) => {
    const { id } = await namedConnection(api, which, signal);
    const plan = await api.get(Plan, `/connections/${id}/plan`, query, signal);
    const { devices, present, changed, history } = plan;
    const fields: Shown = {
      devices,
      ...fieldsOf(present, ""),
      ...(changed && fieldsOf(changed, `every ${durationText(changed.pollIntervalMs)}: `)),
      ...(history && {
        "history from": history.from,
        "history to": history.to,
        "history requests": history.requests,
        "history takes":
          history.durationMs === null ? "no end: polling takes all of the limit" : durationText(history.durationMs),
      }),
    };
    await handOutOne(plan, fields, flags.json);
  });
}

function fieldsOf(schedule: Schedule, prefix: string): Shown {
  const { pollIntervalMs, requestsPerSweep, sweepMs, everyMs, isAtLimit, freshnessMs, requestsPerDay, budgets } =
    schedule;
  const share = Math.max(0, ...budgets.map(({ liveShare }) => liveShare));
  const why = isAtLimit ? ", which is as often as the vendor's limit allows" : "";
  return {
    [`${prefix}interval`]: durationText(pollIntervalMs),
    [`${prefix}requests of a sweep`]: requestsPerSweep,
    [`${prefix}time at the limit`]: durationText(sweepMs),
    [`${prefix}each device`]: `every ${durationText(everyMs)}${why}`,
    [`${prefix}freshness`]: `no value is older than ${durationText(freshnessMs)}`,
    [`${prefix}requests a day`]: Math.round(requestsPerDay),
    [`${prefix}share of the limit`]: `${(share * 100).toFixed(1)} %`,
  };
}
