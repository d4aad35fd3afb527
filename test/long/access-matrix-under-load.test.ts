import { expect } from "vitest";
import { accessMatrixSuite } from "../api/access-matrix-suite.ts";
import type { MatrixWorld } from "../api/access-matrix-world.ts";

const SENDERS = 4;
const LINES_PER_BODY = 1_000;
const READERS = 8;
const READ_PATHS = ["/api/v1/sites?limit=10", "/data?from=2026-01-01&to=2026-01-02"];

/** Senders and readers that ask again as soon as they are answered, so that the server is never idle. */
async function senderAndReaders(world: MatrixWorld): Promise<{ stop(): Promise<void> }> {
  const { app, clock } = world.server;
  let isOver = false;
  const answered = new Map<string, number>();
  const again = async (what: string, ask: () => Promise<{ readonly statusCode: number }>) => {
    while (!isOver) {
      const told = `${what} ${(await ask()).statusCode}`;
      answered.set(told, (answered.get(told) ?? 0) + 1);
      await new Promise(setImmediate);
    }
  };
  const loops: Promise<void>[] = [];
  for (let index = 0; index < SENDERS; index++) {
    const { bearer } = await world.keyWith("ingest");
    let count = 0;
    loops.push(
      again("send", () => {
        const timeMs = clock.nowMs() - ++count;
        const lines = Array.from(
          { length: LINES_PER_BODY },
          (_, line) => `m,device=${index} f${line % 100}=1 ${timeMs}`,
        );
        const url = "/api/v2/write?precision=ms";
        return app.inject({ method: "POST", url, headers: bearer, payload: lines.join("\n") });
      }),
    );
  }
  for (let index = 0; index < READERS; index++) {
    const { bearer } = await world.keyWith("read");
    const url = READ_PATHS[index % READ_PATHS.length] ?? "/";
    loops.push(again("read", () => app.inject({ method: "GET", url, headers: bearer })));
  }
  return {
    async stop() {
      isOver = true;
      await Promise.all(loops);
      expect([...answered.keys()].sort()).toEqual(["read 200", "send 204"]);
      console.log("beside the matrix:", Object.fromEntries(answered));
    },
  };
}

accessMatrixSuite("the access matrix under full load", senderAndReaders);
