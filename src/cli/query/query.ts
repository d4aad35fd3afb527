import type { Command } from "commander";
import { isTimeZone } from "../../domain/calendar.ts";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import { Interrupted, onInterrupt } from "../interrupt.ts";
import { documentText } from "../listing.ts";
import { LocalClock } from "../local-time.ts";
import { checkOutputFile, writeWhole } from "../output-file.ts";
import { withExample } from "../program.ts";
import { addServerOptions, openServer, type ServerFlags } from "../server/options.ts";
import { addSelectionOptions, type SelectionFlags, selectMetrics } from "../server/selection.ts";
import { addTimeRangeOptions, readTimeRange, type TimeRangeFlags } from "../server/time-range.ts";
import { print, say } from "../terminal.ts";
import type { TimeRange } from "../time-option.ts";
import { type QueriedSeries, type QueryWishes, queriedAll } from "./queried-series.ts";
import { csvText, ndjsonText, printSeriesTable, type TimeWriter, wordsOf } from "./series-text.ts";

interface QueryFlags extends ServerFlags, SelectionFlags, TimeRangeFlags, QueryWishes {
  readonly format?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const FORMATS = ["table", "csv", "ndjson", "json"] as const;
const FILES = ["csv", "ndjson", "json"] as const;
/** `kilowatch query`. */
export function addQuery(program: Command): void {
  const command = program
    .command("query")
    .description("Metrics over time, raw or by steps: as a table, CSV, NDJSON or JSON.")
    .action(async () => query(command.opts<QueryFlags>()));
  addTimeRangeOptions(addSelectionOptions(command), "in the timezone of --tz");
  command
    .option("--step <duration>", "auto, raw, PT15M, PT1H, P1D, P1M, …; days and months are those of the site", "auto")
    .option(
      "--agg <function>",
      "what becomes of a step's readings: mean, min, max, sum, first, last, count, time_weighted_mean, integral",
      "mean",
    )
    .option("--max-points <number>", "of a metric, for --step auto")
    .option("--coverage", "beside each step's value, the share of its time that lies between readings (not in a table)")
    .option(
      "--tz <zone>",
      "whose days these are, and how times are read and written: IANA name (default: the site's; UTC times in files and pipes)",
    )
    .option("--format <format>", "table, csv, ndjson or json (default: a table on a terminal, else csv)")
    .option("--out <file>", "to a .csv, .ndjson or .json file")
    .option("--json", "print as JSON, as --format json does");
  withExample(
    addServerOptions(command),
    "kilowatch query --site Madrid --name active_power --from 2026-11-01 --to 2026-11-30 --step P1D --agg integral",
    "kilowatch query --device SN-001 --name active_power --from 2026-11-20 --to 2026-11-20 --step PT15M",
  );
}

async function query(flags: QueryFlags): Promise<void> {
  const output = flags.out === undefined ? null : await checkOutputFile(flags.out, FILES);
  const format = output?.format ?? formatOf(flags);
  if (flags.tz !== undefined && !isTimeZone(flags.tz)) {
    throw new BadUse(`--tz must be an IANA name such as Europe/Madrid: ${flags.tz}`);
  }
  using interruption = onInterrupt();
  await using api = await openServer(flags, "look");
  const metrics = await selectMetrics(api, flags);
  const zones = [...new Set(metrics.map(({ site }) => site.timezone))];
  const clock = new LocalClock(flags.tz ?? (zones.length === 1 ? (zones[0] ?? "UTC") : "UTC"));
  const range = readTimeRange(flags, clock);
  const series = await queriedAll(api, metrics, range, flags, interruption.signal).catch((error: unknown) => {
    throw error instanceof Interrupted ? new CommandFailed("Stopped.") : error;
  });
  const times: TimeWriter = flags.tz !== undefined || format === "table" ? clock : null;
  const asked = { range, aggregate: flags.agg, times };
  if (format === "table") await printSeriesTable(series, clock);
  else {
    const text =
      format === "json"
        ? documentText(documentOf(series, asked))
        : (format === "csv" ? csvText : ndjsonText)(series, times);
    if (output) {
      await writeWhole(output.path, text);
      say(`Written: ${output.path}`);
    } else print(text);
  }
  if (format !== "json") for (const line of wordsOf(series, { ...asked, zone: clock.zone })) say(line);
}

function documentOf(
  series: readonly QueriedSeries[],
  { range, aggregate, times }: { range: TimeRange; aggregate: string; times: TimeWriter },
): object {
  const time = (timeMs: number): string => times?.text(timeMs) ?? new Date(timeMs).toISOString();
  return {
    from: time(range.fromMs),
    to: time(range.toMs),
    aggregate: series[0]?.step === "raw" ? null : aggregate,
    series: series.map(({ metric, step, timezone, unit, points, coverage, pointCoverage, plan }) => ({
      metricId: metric.id,
      site: metric.site.name,
      device: metric.device,
      metric: metric.name,
      unit,
      step,
      timezone,
      coverage,
      plan,
      points: points.map(([timeMs, value], at) => ({
        time: time(timeMs),
        value,
        ...(pointCoverage && { coverage: pointCoverage[at] ?? 0 }),
      })),
    })),
  };
}

/** @throws BadUse */
function formatOf({ format, json }: QueryFlags): (typeof FORMATS)[number] {
  if (json) return "json";
  const named = format ?? (process.stdout.isTTY ? "table" : "csv");
  const found = FORMATS.find((one) => one === named);
  if (found) return found;
  throw new BadUse(`--format must be one of ${FORMATS.join(", ")}.`);
}
