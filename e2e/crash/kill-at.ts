/*
 * Preloaded into the program (`NODE_OPTIONS=--import`): listens to the points that it passes, in every thread, and kills as ordered. The
 * engine's process has an environment of its own and is not reached.
 */
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import type { Kill, Orders, Shot, Victim } from "./shots.ts";

/** As in src/telemetry/trace.ts, which the laboratory does not import: it looks at the program from outside. */
const CHANNEL = "kilowatch.telemetry";

const orders = JSON.parse(process.env["CRASH_ORDERS"] ?? '{"shots":[]}') as Orders;
const pending = orders.shots.map((shot) => ({ shot, left: shot.occurrence }));

if (pending.length > 0) {
  subscribe(CHANNEL, (message) => {
    const { point } = message as { point: string };
    for (const order of pending) {
      if (order.shot.point !== point || !existsSync(orders.armedFile)) continue;
      order.left--;
      if (order.left === 0) fire(order.shot);
    }
  });
}

function fire(shot: Shot): void {
  if (shot.holds || shot.delayMs === 0) {
    if (shot.delayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, shot.delayMs);
    kill(shot);
  } else setTimeout(kill, shot.delayMs, shot);
}

function kill({ point, victim }: Shot): void {
  const pids = pidsOf(victim);
  if (pids.length > 0) appendFileSync(orders.killsFile, `${JSON.stringify({ point, victim } satisfies Kill)}\n`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

/** Process ids to kill; a negative one is a group of processes. */
function pidsOf(victim: Victim): number[] {
  if (victim === "server") return [process.pid];
  if (victim === "all") return [-process.pid];
  const tasks = `/proc/${process.pid}/task`;
  return readdirSync(tasks).flatMap((task) =>
    readFileSync(`${tasks}/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
}
