import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Peer, PeerId } from "../peer.ts";
import { bodiesOf, inRounds, type Stage } from "../stage.ts";
import { loadWhole } from "./loaded.ts";

/** InfluxDB cannot be asked to compact, and would be measured at a moment of its choice. */
const MERGING: readonly PeerId[] = ["victoria-metrics", "kilowatch"];

/** Bytes of a reading on the disk: as the peer leaves them when the data set is in, and when all is merged. */
export async function disk(stage: Stage): Promise<void> {
  for (const name of ["A", "B"] as const) {
    const { readings } = bodiesOf(name, stage.scale).set;
    await inRounds(stage, MERGING, async (peer: Peer, run) => {
      const folder = join(stage.workFolder, `${peer.id}-disk`);
      const record = (measure: string, bytes: number): void =>
        stage.record({
          measure: `disk.${name}.${measure}`,
          subject: peer.id,
          run,
          value: bytes / readings,
          unit: "B/sample",
        });
      try {
        await loadWhole(stage, peer, name, folder);
        record("unmerged", peer.diskUse(folder).readings);
        await peer.merge(folder);
        const use = peer.diskUse(folder);
        if (use.readingsHeld !== null && use.readingsHeld !== readings) {
          stage.note(
            `${peer.name}, run ${run}, set ${name}: holds ${use.readingsHeld} readings instead of ${readings}`,
          );
        }
        record("merged", use.readings);
        record("beside", use.beside);
        record("log", use.log);
        stage.say(
          `${name}, run ${run}, ${peer.name}: ${(use.readings / readings).toFixed(3)} B/sample merged, ` +
            `${(use.beside / readings).toFixed(3)} beside, ${(use.log / readings).toFixed(3)} log`,
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}
