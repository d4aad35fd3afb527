import type { Command } from "commander";
import { leastSpanMs } from "../../transport/budget.ts";
import { PAGE_SIZE_MAX } from "../../vendors/elecnova/wire.ts";
import { documentText } from "../listing.ts";
import { withExample } from "../program.ts";
import { durationText, print, printRows } from "../terminal.ts";
import { listingOutputs, readOfCabinet } from "./fetch-rows.ts";
import { liveRequestOf } from "./live.ts";
import { addElecnovaOptions, brokerOf, type ElecnovaRequest, readElecnovaRequest } from "./options.ts";

/** What one call of `fetch elecnova` takes. */
interface CallPlan {
  /** HTTP requests without the login. */
  readonly calls: number;
  readonly assumed: readonly string[];
}

export function addPlanElecnova(plan: Command): void {
  const command = plan
    .command("elecnova")
    .description("Say what a fetch of Elecnova's cloud takes; needs no secret.")
    .action(async (call: string) => {
      const request = readElecnovaRequest(call, command);
      const { calls, assumed } = await planOf(request);
      const { ElecnovaClient } = await import("../../vendors/elecnova/client.ts");
      const { budgets } = ElecnovaClient.limits;
      const spanMs = leastSpanMs(calls + 1, budgets);
      const freshnessMs = Math.max(...budgets.map(({ requests, perMs }) => (calls * perMs) / requests));
      if (request.json) {
        print(
          documentText({ vendor: "elecnova", call, cabinets: request.sns.length, calls, spanMs, freshnessMs, assumed }),
        );
        return;
      }
      await printRows([
        ...(request.sns.length > 0 ? [{ label: "Cabinets", value: String(request.sns.length) }] : []),
        { label: "Calls", value: `${calls}, and one for the login` },
        {
          label: "Time",
          value: `${durationText(spanMs)} at the vendor's limit of 100 requests a second, and one round trip`,
        },
        { label: "Freshness", value: `repeated without a pause, no value is older than ${durationText(freshnessMs)}` },
        ...assumed.map((words) => ({ label: "Assumed", value: words })),
      ]);
    });
  withExample(addElecnovaOptions(command), "kilowatch plan elecnova pv-monthly --sn ESS-001..ESS-999 --month 2026-10");
}

async function planOf(request: ElecnovaRequest): Promise<CallPlan> {
  const { call, sns, flags } = request;
  // Checks the options as the fetch would.
  readOfCabinet(request);
  if (call === "live") await liveRequestOf(request);
  else await listingOutputs(flags.out);
  if (call === "cabinets") {
    return {
      calls: 1,
      assumed: [`the account has fewer than ${PAGE_SIZE_MAX} cabinets; every ${PAGE_SIZE_MAX} take one call more`],
    };
  }
  if (call === "live") {
    await brokerOf(flags);
    return {
      calls: sns.length,
      assumed: ["the connection to the broker holds; each new one asks for all topics again"],
    };
  }
  const asksForZone = call.startsWith("pv-") && call !== "pv-power" && flags.timeZone === undefined;
  return asksForZone
    ? { calls: sns.length * 2, assumed: ["each cabinet is asked for its time zone; --time-zone spares that call"] }
    : { calls: sns.length, assumed: [] };
}
