import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { OPERATOR_ENV } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { Chance } from "./chance.ts";
import { FaultyDisk, mayFakeDisks } from "./faulty-disk.ts";
import { Load, targetOf } from "./load.ts";

const SYNC_DELAY_MS = 500;
const SLOW_MS = 6_000;
/** A hiccup of the machine hits one answer; what waits for the disk waits a whole sync. */
const HEALTH_P99_MS_MAX = 100;
const HEALTH_PAUSE_MS = 25;
const SEED = 20_261_124;
/** Of what a server printed, in a failure's message. */
const SHOWN_CHARS = 3_000;

test.runIf(mayFakeDisks)(
  `a disk that takes ${SYNC_DELAY_MS} ms for a sync: acks wait for it, the server answers, nothing is lost`,
  async () => {
    using folder = temporaryFolder();
    using disk = new FaultyDisk();
    const env = { ...OPERATOR_ENV, KILOWATCH_OPEN_DATA: "1", ...disk.env };
    const options = { command: "serve", dataDir: folder.path, env } as const;
    const server = await ServerProcess.start(options);
    // Names are the catalogue's affair; here it is the readings' way that is slow.
    const load = new Load(new Chance(SEED), { growsSeries: false });
    try {
      load.start(targetOf(server));
      await sleep(500);
      disk.be({ pathPart: folder.path, syncDelayMs: SYNC_DELAY_MS });
      const ackedBefore = load.ledger.acked;
      const healthMs = await healthFor(server.url, SLOW_MS);
      expect(disk.delayed).toBeGreaterThan(SLOW_MS / SYNC_DELAY_MS / 2);
      expect(load.ledger.acked).toBeGreaterThan(ackedBefore);
      await load.pause();
      expect(load.ledger.unanswered).toBe(0);

      const askedMs = performance.now();
      const body = "1704067200 crash-http0-0 -1\n";
      const answer = await fetch(`${server.url}/data`, { method: "POST", body });
      const ackMs = performance.now() - askedMs;
      expect(answer.status).toBe(200);
      // Sooner, and it would not have been on the disk.
      expect(ackMs).toBeGreaterThanOrEqual(SYNC_DELAY_MS);

      await server.kill("all");
      disk.heal();
      const again = await ServerProcess.start(options);
      expect(
        await (await fetch(`${again.url}/data?from=2024-01-01T00:00:00Z&to=2024-01-01T00:00:01Z`)).text(),
      ).toContain('"value": -1}');
      await again.stop();
      const sorted = healthMs.toSorted((a, b) => a - b);
      const [p99 = Number.NaN, slowest = Number.NaN] = [sorted[Math.floor(sorted.length * 0.99) - 1], sorted.at(-1)];
      console.log(
        `/healthz in ${p99.toFixed(0)} ms (p99), ${slowest.toFixed(0)} ms at most, a lone ack in ${ackMs.toFixed(0)} ms`,
      );
      expect(p99).toBeLessThan(HEALTH_P99_MS_MAX);
      expect(slowest).toBeLessThan(SYNC_DELAY_MS);
    } catch (error) {
      throw new Error(`${(error as Error).message}\nThe server said:\n${server.output.slice(-SHOWN_CHARS)}`, {
        cause: error,
      });
    } finally {
      await load.pause();
      if (server.isAlive) await server.kill("all");
    }
  },
);

/** How long `/healthz` took, time and again. */
async function healthFor(url: string, durationMs: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (const untilMs = performance.now() + durationMs; performance.now() < untilMs; ) {
    const askedMs = performance.now();
    const answer = await fetch(`${url}/healthz`);
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
    tookMs.push(performance.now() - askedMs);
    await sleep(HEALTH_PAUSE_MS);
  }
  return tookMs;
}
