import { percentile } from "../figures.ts";
import { sendAll } from "../load.ts";
import type { PeerId, RunningPeer } from "../peer.ts";
import { cpuMs } from "../processes.ts";
import { bodiesOf, inRounds, LINES_PER_BODY, linesIn, onFreshPeer, type Stage } from "../stage.ts";

const ALL: readonly PeerId[] = ["influxdb", "victoria-metrics", "kilowatch"];
export const CONNECTIONS = [8, 2] as const;
/** Lines that are sent before the clock starts: series become known, code becomes warm. */
const WARM_UP_LINES = 1_000_000;
const LINES = 16_000_000;

/** Line protocol: lines acked a second. */
export async function ingest(stage: Stage): Promise<void> {
  const { maker } = bodiesOf("A", 1);
  const line = maker("line");
  const warmUpLines = Math.max(LINES_PER_BODY, WARM_UP_LINES * stage.scale);
  const warmUp = line.bodies(0, warmUpLines);
  const measured = line.bodies(linesIn(warmUp), Math.max(LINES_PER_BODY, LINES * stage.scale));
  for (const connections of CONNECTIONS) {
    await inRounds(stage, ALL, (peer, run) =>
      onFreshPeer(stage, peer, async (running: RunningPeer) => {
        await sendAll(running, "line", warmUp, connections);
        await running.settle();
        const cpuBeforeMs = cpuMs(running.processIds());
        const beganMs = performance.now();
        const load = await sendAll(running, "line", measured, connections);
        await running.settle();
        const settledMs = performance.now() - beganMs;
        const cpuTookMs = cpuMs(running.processIds()) - cpuBeforeMs;
        const record = (name: string, value: number, unit: string): void =>
          stage.record({ measure: `ingest.${name}.${connections}`, subject: peer.id, run, value, unit });
        record("line", load.lines / (load.tookMs / 1_000), "lines/s");
        record("line-settled", load.lines / (settledMs / 1_000), "lines/s");
        record("ack-p50", percentile(load.acksMs, 0.5), "ms");
        record("ack-p99", percentile(load.acksMs, 0.99), "ms");
        record("put-off", load.putOff, "answers");
        record("cpu", (cpuTookMs / load.lines) * 1_000, "µs/line");
        stage.say(
          `${connections} connections, run ${run}, ${peer.name}: ${Math.round(load.lines / load.tookMs)} k lines/s acked, ` +
            `${Math.round(load.lines / settledMs)} k/s until settled, ack p99 ${percentile(load.acksMs, 0.99).toFixed(1)} ms`,
        );
      }),
    );
  }
}
