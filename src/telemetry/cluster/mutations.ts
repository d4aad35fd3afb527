import type { Clock } from "../../domain/clock.ts";
import { EngineUnavailable } from "../engine.ts";

/** A statement that the server answers before it is done; the table's name is the first group. */
export const MUTATION = /^\s*ALTER TABLE (\w+) (?:DELETE|UPDATE) /;

const ASK_FIRST_MS = 20;
const ASK_MAX_MS = 1_000;

/**
 * Resolves once all mutations of a table are done, for servers without `mutations_sync`.
 * @throws EngineUnavailable when that takes longer than `waitMsMax` or `signal` aborts; the server goes on with them.
 */
export async function mutationsDone(
  table: string,
  select: (sql: string) => Promise<Uint8Array>,
  clock: Clock,
  waitMsMax: number,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.monotonicMs() + waitMsMax;
  const sql = `SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = '${table}' AND NOT is_done`;
  for (let pauseMs = ASK_FIRST_MS; ; pauseMs = Math.min(ASK_MAX_MS, pauseMs * 2)) {
    if (
      Buffer.from(await select(sql))
        .toString("latin1")
        .trim() === "0"
    )
      return;
    if (clock.monotonicMs() + pauseMs > untilMs)
      throw new EngineUnavailable(`A deletion took longer than ${waitMsMax} ms.`);
    await clock.sleepUntil(clock.monotonicMs() + pauseMs, signal).catch(() => {
      throw new EngineUnavailable("The telemetry engine is closing.");
    });
  }
}
