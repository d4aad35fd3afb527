import type { Form } from "../bodies.ts";
import { deviceName } from "../data-set.ts";
import { kilowatch } from "../kilowatch.ts";
import { sendAll } from "../load.ts";
import { attempt, bodiesOf, LINES_PER_BODY, linesIn, onFreshPeer, type Stage } from "../stage.ts";

const FORMS: readonly Form[] = ["line", "plaintext", "json"];
const CONNECTIONS = 8;
const WARM_UP_LINES = 500_000;
const LINES = 3_000_000;

/** The same readings through one server in its three forms: lines acked a second. */
export async function forms(stage: Stage): Promise<void> {
  const { set, maker } = bodiesOf("A", 1);
  const [warmUpLines, lines] = [WARM_UP_LINES, LINES].map((count) => Math.max(LINES_PER_BODY, count * stage.scale)) as [
    number,
    number,
  ];
  for (let run = 1; run <= stage.runs; run++) {
    for (const form of FORMS) {
      const turn = () =>
        onFreshPeer(stage, kilowatch, async (running) => {
          // Line protocol makes the series; JSON names them by their ids.
          await sendAll(running, "line", maker("line").bodies(0, LINES_PER_BODY), 1);
          const ids = form === "json" ? await running.metricIds() : new Map<string, string>();
          const make = maker(
            form,
            Array.from({ length: set.plan.seriesCount }, (_, series) => ids.get(deviceName(series)) ?? ""),
          );
          const warmUp = make.bodies(0, warmUpLines);
          const measured = make.bodies(linesIn(warmUp), lines);
          await sendAll(running, form, warmUp, CONNECTIONS);
          await running.settle();
          const load = await sendAll(running, form, measured, CONNECTIONS);
          const value = load.lines / (load.tookMs / 1_000);
          stage.record({ measure: "forms", subject: `kilowatch.${form}`, run, value, unit: "lines/s" });
          stage.say(`${form}, run ${run}: ${Math.round(value / 1_000)} k lines/s acked`);
        });
      await attempt(stage, `${form}, run ${run}`, turn);
    }
  }
}
