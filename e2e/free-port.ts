import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux (from 32,768), macOS and Windows (from 49,152) give to whoever asks for any. */
const PORTS = { from: 20_000, below: 30_000 } as const;
/** Of this process: two that are asked for before the first is taken differ. */
const given = new Set<number>();

/** A port of 127.0.0.1 that the system gives to nobody by itself, so that it stays free while the server that has it is down. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.below);
    if (given.has(port)) continue;
    const probe = createServer().listen(port, "127.0.0.1");
    const isFree = await once(probe, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, "close");
    given.add(port);
    return port;
  }
}
