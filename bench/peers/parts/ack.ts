import { percentile, spreadOf } from "../figures.ts";
import { sendAll, sendPaced } from "../load.ts";
import type { PeerId } from "../peer.ts";
import { bodiesOf, inRounds, LINES_PER_BODY, linesIn, onFreshPeer, type Stage } from "../stage.ts";

const ALL: readonly PeerId[] = ["influxdb", "victoria-metrics", "kilowatch"];
const CONNECTIONS = 8;
const WARM_UP_LINES = 500_000;
/** What full load is measured with, before the half of it is sent. */
const FULL_LOAD_LINES = 3_000_000;
const MEASURED_S = 15;

/** Time until an ack at half of a peer's own full load, which is measured just before. */
export async function ack(stage: Stage): Promise<void> {
  const line = bodiesOf("A", 1).maker("line");
  const scaled = (lines: number): number => Math.max(LINES_PER_BODY, lines * stage.scale);
  const warmUp = line.bodies(0, scaled(WARM_UP_LINES));
  const full = line.bodies(linesIn(warmUp), scaled(FULL_LOAD_LINES));
  const before = linesIn(warmUp) + linesIn(full);
  await inRounds(stage, ALL, (peer, run) =>
    onFreshPeer(stage, peer, async (running) => {
      await sendAll(running, "line", warmUp, CONNECTIONS);
      await running.settle();
      const load = await sendAll(running, "line", full, CONNECTIONS);
      const linesPerS = load.lines / (load.tookMs / 1_000) / 2;
      await running.settle();
      const bodies = line.bodies(before, scaled(linesPerS * MEASURED_S));
      const { acksMs, putOff } = await sendPaced(running, "line", bodies, { connections: CONNECTIONS, linesPerS });
      const record = (name: string, value: number, unit: string): void =>
        stage.record({ measure: `ack.${name}`, subject: peer.id, run, value, unit });
      record("p50", percentile(acksMs, 0.5), "ms");
      record("p99", percentile(acksMs, 0.99), "ms");
      record("max", spreadOf(acksMs).most, "ms");
      record("load", linesPerS, "lines/s");
      record("put-off", putOff, "answers");
      stage.say(
        `run ${run}, ${peer.name}: ${Math.round(linesPerS / 1_000)} k lines/s, ack p50 ${percentile(acksMs, 0.5).toFixed(1)} ms, ` +
          `p99 ${percentile(acksMs, 0.99).toFixed(1)} ms`,
      );
    }),
  );
}
