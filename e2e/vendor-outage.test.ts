import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type EnergyGridSimulator, type Faults, startEnergyGridSimulator } from "../simulators/energygrid/index.ts";
import { type ConnectionReport, OPERATOR_ENV, Operator } from "./operator.ts";
import { ServerProcess, temporaryFolder } from "./server-process.ts";

/** Three requests a round at 10 inverters each: the vendor's limit of one a second is what holds polling back. */
const SERIALS = Array.from({ length: 30 }, (_, index) => `SN-${String(index).padStart(3, "0")}`);
const POLL_INTERVAL_MS = 1_000;
/** A call is sent four times, with growing pauses, before it has failed. */
const FAILED_MS_MAX = 20_000;
/** The pause after a failed call grows; it stays under this in outages as short as these. */
const RECOVERED_MS_MAX = 40_000;
const NEVER_AGAIN_MS = 4_000;
const NOISE_MS = 15_000;

interface Scene extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly simulator: EnergyGridSimulator;
  readonly operator: Operator;
  /** Stops the server and starts another on the same data, and signs in to it. */
  restart(): Promise<Operator>;
  /** Connects the inverters and returns a look at how the connection does. */
  connect(name: string, token?: string): Promise<() => Promise<ConnectionReport>>;
}

async function scene(faults: Faults = {}): Promise<Scene> {
  const folder = temporaryFolder();
  const simulator = await startEnergyGridSimulator({ token: "the-right-token-41f0", faults });
  const start = () => ServerProcess.start({ command: "serve", dataDir: folder.path, env: OPERATOR_ENV });
  let server = await start();
  const operator = await Operator.signIn(server);
  return {
    server,
    simulator,
    operator,
    async restart() {
      await server.stop();
      server = await start();
      return Operator.signIn(server);
    },
    async connect(name, token = simulator.token) {
      const { id } = await operator.connect({
        vendor: "energygrid",
        name,
        baseUrl: simulator.url,
        credential: { token },
        serialNumbers: SERIALS,
        pollIntervalMs: POLL_INTERVAL_MS,
      });
      return () => operator.connection(id);
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await simulator.close();
      folder[Symbol.dispose]();
    },
  };
}

/** What the server logged about a connection, at warn (40) or above. */
function warnings(server: ServerProcess, name: string): { readonly reason?: string; readonly msg: string }[] {
  return server.output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { level: number; connection?: string; reason?: string; msg: string })
    .filter(({ level, connection }) => level >= 40 && connection === name);
}

async function becomes(
  look: () => Promise<ConnectionReport>,
  state: ConnectionReport["state"],
  withinMs: number,
): Promise<ConnectionReport> {
  await expect.poll(async () => (await look()).state, { timeout: withinMs, interval: 50 }).toBe(state);
  return look();
}

/** Kinds of the violations, so that a failure says what was broken. */
function violations({ violations: log }: EnergyGridSimulator): string[] {
  return [...log].map(({ kind, request, detail }) => `${kind} by request ${request}: ${detail}`);
}

describe("a token that the vendor refuses", () => {
  test("stops polling after one request, says why once, and shows nothing of the token", async () => {
    await using scenery = await scene();
    const { server, simulator, operator } = scenery;
    const wrongToken = "a-wrong-token-8c1e";
    const look = await scenery.connect("Refused account", wrongToken);
    const report = await becomes(look, "refused", FAILED_MS_MAX);
    expect(report.message).toMatch(/EnergyGrid refused the signature or the token/);
    expect(await operator.fleetPageText()).toContain(report.message);

    const untilMs = performance.now() + NEVER_AGAIN_MS;
    while (performance.now() < untilMs) {
      expect(simulator.counters).toMatchObject({ seen: 1, unauthorised: 1 });
      await sleep(200);
    }
    expect(await look()).toMatchObject({ state: "refused", readings: 0 });
    const said = warnings(server, "Refused account");
    expect(said).toHaveLength(1);
    expect(said[0]?.reason).toBe(report.message);
    await server.stop();
    expect(server.output).not.toContain(wrongToken);
  });

  test("is tried once more by the next start, and once only", async () => {
    await using scenery = await scene();
    const { simulator } = scenery;
    const look = await scenery.connect("Refused account", "a-wrong-token-8c1e");
    await becomes(look, "refused", FAILED_MS_MAX);
    const { id } = await look();
    const operator = await scenery.restart();
    await becomes(() => operator.connection(id), "refused", FAILED_MS_MAX);
    expect(simulator.counters.seen).toBe(2);
  });
});

describe("a vendor that cannot be reached", () => {
  test("is said once in the log and on the page, and polling recovers by itself", async () => {
    await using scenery = await scene();
    const { server, simulator, operator } = scenery;
    const name = "Unreachable account";
    const look = await scenery.connect(name);
    await expect.poll(async () => (await look()).readings, { timeout: FAILED_MS_MAX }).toBeGreaterThan(0);

    await simulator.setFaults({ outage: true });
    const failed = await becomes(look, "backing_off", FAILED_MS_MAX);
    expect(failed.message).toMatch(/EnergyGrid cannot be reached/);
    expect(await operator.fleetPageText()).toContain(failed.message);
    // More failed calls, and still one line.
    await expect
      .poll(async () => (await look()).failedRequests, { timeout: FAILED_MS_MAX })
      .toBeGreaterThan(failed.failedRequests);
    expect(warnings(server, name)).toHaveLength(1);
    expect(warnings(server, name)[0]?.reason).toMatch(/EnergyGrid cannot be reached/);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);

    const { readings } = await look();
    const endedMs = Date.now();
    await simulator.setFaults({});
    const running = await becomes(look, "running", RECOVERED_MS_MAX);
    console.log(`recovered ${((Date.now() - endedMs) / 1_000).toFixed(1)} s after the outage ended`);
    expect(running.message).toBeNull();
    await expect
      .poll(async () => (await look()).readings, { timeout: FAILED_MS_MAX })
      .toBeGreaterThanOrEqual(readings + 2 * SERIALS.length);
    expect(await operator.fleetPageText()).not.toContain(failed.message);
    const times = await operator.powerTimes();
    for (const serial of SERIALS) {
      const newestMs = times.get(serial)?.at(-1) ?? 0;
      // An inverter that is off line reports late by itself.
      if (simulator.fleet.get(serial)?.at(Date.now()).online)
        expect(newestMs, serial).toBeGreaterThan(endedMs - 10_000);
    }
    expect(warnings(server, name)).toHaveLength(1);
    expect(server.output).toContain("the vendor answers again");
    expect(violations(simulator)).toEqual([]);
  });

  test("from the beginning is found as soon as it is there", async () => {
    await using scenery = await scene({ outage: true });
    const look = await scenery.connect("Late account");
    await becomes(look, "backing_off", FAILED_MS_MAX);
    await scenery.simulator.setFaults({});
    await becomes(look, "running", RECOVERED_MS_MAX);
    expect(violations(scenery.simulator)).toEqual([]);
  });
});

describe("a vendor that answers badly now and then", () => {
  test("loses what it spoiled, and nothing else: no doubled reading, no breach of its limit, running at the end", async () => {
    const faults: Faults = {
      "server-error": 0.15,
      reset: 0.15,
      truncated: 0.15,
      missing: 0.2,
      repeated: 0.2,
      unreadable: 0.2,
      extra: 0.1,
      "jitter-ms": 30,
    };
    await using scenery = await scene(faults);
    const { server, simulator, operator } = scenery;
    const look = await scenery.connect("Noisy account");
    await sleep(NOISE_MS);
    const noisy = { ...simulator.counters };
    await simulator.setFaults({});
    await becomes(look, "running", RECOVERED_MS_MAX);
    const { readings } = await look();
    await expect.poll(async () => (await look()).readings, { timeout: FAILED_MS_MAX }).toBeGreaterThan(readings);

    expect(noisy.struck).toBeGreaterThan(0);
    expect(noisy.answered).toBeGreaterThan(0);
    expect(violations(simulator)).toEqual([]);
    const times = await operator.powerTimes();
    expect([...times.keys()].toSorted()).toEqual(SERIALS);
    for (const [serial, timesMs] of times) expect(new Set(timesMs).size, serial).toBe(timesMs.length);
    expect(server.output).not.toContain("unexpected error");
    expect(server.output).not.toContain(simulator.token);
    console.log(
      `${noisy.seen} requests in ${NOISE_MS / 1_000} s: ${noisy.struck} struck down, ${readings} readings stored`,
    );
  });
});
