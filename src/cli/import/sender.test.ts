import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { CommandFailed } from "../exit-codes.ts";
import { ServerBusy, ServerRefused, ServerUnreachable } from "../server/errors.ts";
import { PATIENCE_MS, Sender } from "./sender.ts";

const LINES = Buffer.from("a value=1 1\n");
const busy = (retryAfterMs: number | null): ServerBusy => new ServerBusy(503, "full", retryAfterMs);
const gone = (broke: boolean): ServerUnreachable => new ServerUnreachable("http://x", "ECONNREFUSED", broke);

/** A server that answers with these, one after another; null stores. */
function setting(answers: readonly (Error | null)[]) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const sentAtMs: number[] = [];
  const notes: string[] = [];
  const sender = new Sender({
    write: async () => {
      const answer = answers[sentAtMs.length] ?? answers.at(-1);
      sentAtMs.push(clock.monotonicMs());
      if (answer) throw answer;
    },
    clock,
    random: () => 0.5,
    signal: stop.signal,
    note: (words) => notes.push(words),
  });
  return { sender, clock, stop, sentAtMs, notes };
}

describe("a batch", () => {
  test("waits for as long as the server asks", async () => {
    const { sender, clock, sentAtMs, notes } = setting([busy(7_000), busy(3_000), null]);
    await clock.run(sender.send(LINES));
    expect(sentAtMs).toEqual([0, 7_000, 10_000]);
    expect(notes[0]).toMatch(/full Trying again in 7\.0 s\.$/);
  });

  test("waits longer and longer where it does not ask", async () => {
    const { sender, clock, sentAtMs } = setting([busy(null), busy(null), busy(null), null]);
    await clock.run(sender.send(LINES));
    const waits = sentAtMs.slice(1).map((at, index) => at - (sentAtMs[index] ?? 0));
    expect(waits).toEqual([500, 1_000, 2_000]);
  });

  test("gives up when nothing is taken for too long, and says so", async () => {
    const { sender, clock, sentAtMs } = setting([busy(60_000)]);
    await expect(clock.run(sender.send(LINES))).rejects.toThrow(/full Nothing was taken for 5 minutes/);
    expect(sentAtMs.at(-1)).toBe(PATIENCE_MS);
  });

  test("is not sent to a server that was never there again", async () => {
    const { sender, sentAtMs } = setting([gone(false)]);
    await expect(sender.send(LINES)).rejects.toBeInstanceOf(ServerUnreachable);
    expect(sentAtMs).toHaveLength(1);
  });

  test("outlives a restart of the server", async () => {
    const { sender, clock, sentAtMs } = setting([null, gone(true), gone(false), gone(false), null]);
    await clock.run(sender.send(LINES));
    await clock.run(sender.send(LINES));
    expect(sentAtMs).toHaveLength(5);
  });

  test("that is refused is refused at once", async () => {
    const { sender, sentAtMs } = setting([new ServerRefused(400, "line 3")]);
    await expect(sender.send(LINES)).rejects.toBeInstanceOf(CommandFailed);
    expect(sentAtMs).toHaveLength(1);
  });

  test("stops waiting when it is told to", async () => {
    const { sender, clock, stop, sentAtMs } = setting([busy(60_000)]);
    const sending = sender.send(LINES);
    await clock.advance(1_000);
    stop.abort(new Error("stopped"));
    await expect(sending).rejects.toThrow("stopped");
    expect(sentAtMs).toHaveLength(1);
  });
});
