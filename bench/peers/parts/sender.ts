import { join } from "node:path";
import { sendAll, type Target } from "../load.ts";
import { freeAddress, Program } from "../processes.ts";
import { bodiesOf, LINES_PER_BODY, type Stage } from "../stage.ts";
import { CONNECTIONS } from "./ingest.ts";

const LINES = 10_000_000;

/** What the sender alone can do: it must not be what limits a peer. */
export async function sender(stage: Stage): Promise<void> {
  const address = await freeAddress();
  const program = new Program(
    process.execPath,
    [join(import.meta.dirname, "../null-server.ts"), String(address.port)],
    join(stage.workFolder, "null-server.log"),
  );
  const target: Target = {
    address,
    writeRequest: () => ({ start: "POST /", headers: "" }),
    isAck: (_form, status) => status === 204,
  };
  try {
    await program.untilReady(async () => {
      await sendAll(target, "line", [{ bytes: new Uint8Array(1), lines: 1 }], 1);
      return true;
    });
    const line = bodiesOf("A", 1).maker("line");
    const bodies = line.bodies(0, Math.max(LINES_PER_BODY, LINES * stage.scale));
    for (const connections of CONNECTIONS) {
      for (let run = 1; run <= stage.runs; run++) {
        const load = await sendAll(target, "line", bodies, connections);
        const value = load.lines / (load.tookMs / 1_000);
        stage.record({ measure: `sender.line.${connections}`, subject: "null-server", run, value, unit: "lines/s" });
        stage.say(`${connections} connections, run ${run}: ${(value / 1e6).toFixed(1)} M lines/s`);
      }
    }
    const beganMs = performance.now();
    const made = line.bodies(0, 100 * LINES_PER_BODY);
    const value = (made.length * LINES_PER_BODY) / ((performance.now() - beganMs) / 1_000);
    stage.record({ measure: "sender.making", subject: "null-server", run: 1, value, unit: "lines/s" });
    stage.say(`making bodies: ${(value / 1e6).toFixed(1)} M lines/s`);
  } finally {
    await program.stop();
  }
}
