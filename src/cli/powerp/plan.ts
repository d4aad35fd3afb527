import type { Command } from "commander";
import { documentText } from "../listing.ts";
import { withExample } from "../program.ts";
import { durationText, print, printRows, type Row } from "../terminal.ts";
import { addPowerPOptions, listingOutputs, pointOutput, readPowerPRequest } from "./options.ts";
import type { CallPlan } from "./plan-calls.ts";

export function addPlanPowerP(plan: Command): void {
  const command = plan
    .command("powerp")
    .description("Say what a fetch of a PowerP tenant takes; needs no secret.")
    .action(async (call: string) => {
      const request = readPowerPRequest(call, command);
      const toPoints = call === "query" || (call === "select" && !request.flags.explain);
      await (toPoints ? pointOutput : listingOutputs)(request.flags.out);
      const { planOf, REQUESTS_PER_SECOND } = await import("./plan-calls.ts");
      const planned = planOf(request);
      if (request.json) {
        print(documentText({ vendor: "powerp", call, requestsPerSecond: REQUESTS_PER_SECOND, ...planned }));
      } else await printRows(rowsOf(planned, REQUESTS_PER_SECOND));
    });
  withExample(
    addPowerPOptions(command),
    "kilowatch plan powerp query --database 123 --signals 1001..1200 --from 2026-11-20 --to 2026-11-20",
  );
}

function rowsOf({ calls, spanMs, windows, blocks, assumed }: CallPlan, perSecond: number): Row[] {
  const product =
    windows === undefined
      ? ""
      : `: ${windows} window${windows === 1 ? "" : "s"} × ${blocks} block${blocks === 1 ? "" : "s"} of signals`;
  return [
    { label: "Calls", value: `${calls}${product}, and one for the login` },
    ...(windows === undefined
      ? []
      : [{ label: "Order", value: "the newest window first, all its blocks before the next older one" }]),
    { label: "Time", value: `${durationText(spanMs)} at the limit, and the answers' own time` },
    { label: "Limit", value: `${perSecond} calls a second: our courtesy, since the vendor publishes no rate` },
    ...assumed.map((words) => ({ label: "Assumed", value: words })),
  ];
}
