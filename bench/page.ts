/**
 * Measures the fleet page as a browser gets it: `node bench/page.ts` starts the demo (500 inverters, polled meanwhile) and asks for `/`
 * over and over. Prints the time from request to last byte, and the same for the API's two answers that the page is made of.
 */
import { ServerProcess, temporaryFolder } from "../e2e/server-process.ts";

const WARM_UP = 100;
const ROUNDS = 400;
/** The demo writes its week of history meanwhile; the figure is of a server that is past that. */
const SETTLE_MS = 20_000;

using folder = temporaryFolder();
const server = await ServerProcess.start({ dataDir: folder.path });
console.log(`ready ${server.readyMs.toFixed(0)} ms after the process was started, with an empty data folder`);
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

for (const path of ["/", "/api/v1/fleet", "/api/v1/fleet/devices?limit=500"]) {
  const tookMs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const startMs = performance.now();
    const answer = await fetch(`${server.url}${path}`, { headers: { accept: "text/html,application/json" } });
    bytes = (await answer.arrayBuffer()).byteLength;
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    if (round >= WARM_UP) tookMs.push(performance.now() - startMs);
  }
  tookMs.sort((a, b) => a - b);
  const quantile = (share: number): string => (tookMs[Math.floor(share * (ROUNDS - 1))] ?? 0).toFixed(1);
  console.log(`${path}: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, ${(bytes / 1_024).toFixed(0)} KB`);
}
await server.stop();
const again = await ServerProcess.start({ dataDir: folder.path });
console.log(`ready ${again.readyMs.toFixed(0)} ms after the process was started, with a week of data`);
await again.stop();
