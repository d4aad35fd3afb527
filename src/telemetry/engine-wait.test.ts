import { describe, expect, test } from "vitest";
import { InvalidInput, StorageUnavailable } from "../domain/errors.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { EngineUnavailable } from "./engine.ts";
import { EngineWait, READ_WAIT_MS } from "./engine-wait.ts";

/** Answers from a time on the monotonic clock on. */
function backAt(clock: VirtualClock, atMs: number): () => Promise<string> {
  return async () => {
    if (clock.monotonicMs() < atMs) throw new EngineUnavailable("away");
    return "here";
  };
}

describe("who asks an engine that is down", () => {
  test("is answered when it is back as late as the wait ends", async () => {
    const clock = new VirtualClock();
    const asked = new EngineWait(clock).ask(backAt(clock, clock.monotonicMs() + READ_WAIT_MS));
    await clock.advance(READ_WAIT_MS);
    expect(await asked).toBe("here");
  });

  test("is refused when it comes back later", async () => {
    const clock = new VirtualClock();
    const asked = new EngineWait(clock).ask(backAt(clock, clock.monotonicMs() + READ_WAIT_MS + 1));
    const refused = expect(asked).rejects.toThrow(StorageUnavailable);
    await clock.advance(READ_WAIT_MS);
    await refused;
  });

  test("waits as long as was told instead", async () => {
    const clock = new VirtualClock();
    const asked = new EngineWait(clock, 60_000).ask(backAt(clock, clock.monotonicMs() + 60_000));
    await clock.advance(60_000);
    expect(await asked).toBe("here");
  });

  test("hears at once of what waiting does not mend", async () => {
    const wait = new EngineWait(new VirtualClock());
    const wrong = new InvalidInput([{ path: "series", message: "wrong" }]);
    await expect(wait.ask(() => Promise.reject(wrong))).rejects.toBe(wrong);
    await expect(wait.ask(() => Promise.reject(new Error("broken")))).rejects.toThrow(StorageUnavailable);
  });
});
