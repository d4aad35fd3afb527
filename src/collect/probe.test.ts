import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ElecnovaSimulatorOptions, startElecnovaSimulator } from "../../simulators/elecnova/index.ts";
import { type EnergyGridSimulatorOptions, startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { type PowerPSimulatorOptions, startPowerPSimulator } from "../../simulators/powerp/index.ts";
import { silentLog } from "../domain/log.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { AddressGuard } from "../transport/address-guard.ts";
import { openGuardedPool } from "../transport/guarded-pool.ts";
import { elecnova } from "../vendors/elecnova/index.ts";
import { energyGrid } from "../vendors/energygrid/index.ts";
import { powerP } from "../vendors/powerp/index.ts";
import type { Account } from "./account.ts";
import { AccountVisits } from "./account-visits.ts";
import { besideSockets } from "./beside-sockets.fixture.ts";
import { accountKey } from "./budget/account-key.ts";
import { BudgetKeeper } from "./budget/budget-keeper.ts";
import { type AccountUse, BudgetUses } from "./budget/budget-uses.ts";
import { MemoryBudgets } from "./budget/memory-budgets.fixture.ts";
import type { FailureReason } from "./diagnosis.ts";
import { PROBE_MS_MAX, type ProbeResult, probe } from "./probe.ts";

/** More than any vendor's login and one device take. */
const REQUESTS_MAX = 4;
const DAY_MS = 86_400_000;

function scene(listed: readonly string[] = ["127.0.0.0/8"]) {
  const clock = new VirtualClock();
  const guard = new AddressGuard({ listed, setting: "A SETTING" });
  const openSockets = (baseUrl: string) => openGuardedPool(baseUrl, guard);
  const budgets = { store: new MemoryBudgets(), holder: "this process", isAlone: false };
  const keeper = new BudgetKeeper({ ...budgets, clock, log: silentLog });
  const counted: AccountUse[] = [];
  const useStore = {
    addUses: async (uses: readonly AccountUse[]) => void counted.push(...uses),
    forgetUsesBefore: async () => {},
  };
  const uses = new BudgetUses({ store: useStore, clock, log: silentLog });
  const visits = new AccountVisits({ clock, openSockets, keeper, uses, secret: async () => "a secret" });
  const test = async (account: Account, serialNumber: string | null): Promise<ProbeResult> => {
    const result = await besideSockets(clock, probe(visits, account, serialNumber));
    expect(result.requests).toBeLessThanOrEqual(REQUESTS_MAX);
    for (const secret of Object.values(account.credential)) expect(result.message).not.toContain(secret);
    return result;
  };
  return { clock, visits, uses, counted, budgets: budgets.store, test };
}

interface Case<Options> {
  readonly options?: Options;
  readonly account?: Partial<Account>;
  readonly serialNumber?: string | null;
  readonly reason: FailureReason | null;
  readonly says?: RegExp;
}

describe("EnergyGrid", () => {
  const cases: Record<string, Case<EnergyGridSimulatorOptions> & { readonly path?: string }> = {
    "that answers": { reason: null, says: /answers for SN-000/ },
    "that has no such device": { serialNumber: "SN-999", reason: null, says: /has no device SN-999/ },
    "of which no device is asked for": { serialNumber: null, reason: null, says: /takes the credential/ },
    "with another token": { account: { credential: { token: "one-that-is-wrong" } }, reason: "credential" },
    "at a path that is not its own": { path: "/other", reason: "address" },
    "that says 429": { options: { faults: { storm: 1 } }, reason: "quota" },
    "that is broken": { options: { faults: { "server-error": 1 } }, reason: "network", says: /HTTP 50/ },
    "that resets the connection": { options: { faults: { reset: 1 } }, reason: "network" },
    "that nobody runs": { options: { faults: { outage: true } }, reason: "network", says: /ECONNREFUSED/ },
    "that is silent": { options: { faults: { slow: 1, "slow-ms": 2 * PROBE_MS_MAX } }, reason: "network" },
    "that sends half of its JSON": { options: { faults: { truncated: 1 } }, reason: "protocol" },
  };
  test.each(Object.entries(cases))(
    "%s",
    async (_name, { options, account, serialNumber = "SN-000", path, ...said }) => {
      const { clock, test } = scene();
      const simulator = await startEnergyGridSimulator({ ...options, time: clock });
      onTestFinished(() => simulator.close());
      const own = {
        vendor: energyGrid,
        baseUrl: `${simulator.url}${path ?? ""}`,
        credential: { token: simulator.token },
      };
      const result = await test({ ...own, ...account }, serialNumber);
      expect(result).toMatchObject({ ok: said.reason === null, reason: said.reason });
      expect(result.message).toMatch(said.says ?? /./);
      expect(Array.from(simulator.violations).filter(({ kind }) => kind === "rate")).toEqual([]);
    },
  );

  test("where TLS is spoken to a port that speaks none", async () => {
    const simulator = await startEnergyGridSimulator();
    onTestFinished(() => simulator.close());
    const baseUrl = simulator.url.replace("http:", "https:");
    const account = { vendor: energyGrid, baseUrl, credential: { token: simulator.token } };
    expect(await scene().test(account, "SN-000")).toMatchObject({ ok: false, reason: "network", requests: 0 });
  });

  test("at an address that this server may not call", async () => {
    const account = { vendor: energyGrid, baseUrl: "http://127.0.0.1:9", credential: { token: "a-token-of-the-test" } };
    expect(await scene(["10.0.0.0/8"]).test(account, "SN-000")).toMatchObject({
      reason: "address",
      message: expect.stringContaining("A SETTING does not list its network") as string,
    });
  });

  test.each<[number, FailureReason]>([
    [403, "permission"],
    [302, "address"],
    [400, "protocol"],
  ])("that answers %d", async (status, reason) => {
    const server = createServer((_request, response) => response.writeHead(status, { location: "/x" }).end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const account = { vendor: energyGrid, baseUrl, credential: { token: "a-token-of-the-test" } };
    expect(await scene().test(account, "SN-000")).toMatchObject({ ok: false, reason, requests: 1 });
  });
});

describe("Elecnova", () => {
  const cases: Record<string, Case<ElecnovaSimulatorOptions>> = {
    "that answers": { reason: null, says: /answers for/ },
    "that has no such cabinet": { serialNumber: "ESS-NOWHERE", reason: "permission" },
    "of which no cabinet is asked for": { serialNumber: null, reason: null, says: /takes the credential/ },
    "with another secret": {
      account: { credential: { clientId: "demo-client", clientSecret: "one-that-is-wrong" } },
      reason: "credential",
    },
    "that wants its calls in another form": { options: { profile: "documented" }, reason: "signature" },
    "whose clock is ten minutes ahead": {
      options: { faults: { "clock-skew-ms": 600_000 } },
      reason: null,
      says: /This machine's clock is 60[01] s behind the vendor's/,
    },
    "whose clock is three days behind": {
      options: { faults: { "clock-skew-ms": -3 * DAY_MS } },
      reason: "clock",
      says: /This machine's clock is 259\d\d\d s ahead of the vendor's/,
    },
    "that says 429": { options: { faults: { storm: 1 } }, reason: "quota" },
    "that answers null": { options: { faults: { "null-body": 1 } }, reason: "protocol" },
    "that states an error inside HTTP 200": { options: { faults: { "code-500": 1 } }, reason: "network" },
  };
  test.each(Object.entries(cases))("%s", async (_name, { options, account, serialNumber, reason, says = /./ }) => {
    const { clock, test } = scene();
    const simulator = await startElecnovaSimulator({ ...options, cabinets: 2, publishIntervalMs: null, time: clock });
    onTestFinished(() => simulator.close());
    const { clientId, clientSecret } = simulator;
    const own = { vendor: elecnova, baseUrl: simulator.url, credential: { clientId, clientSecret } };
    const asked = serialNumber === undefined ? ([...simulator.plant.keys()][0] ?? "") : serialNumber;
    const result = await test({ ...own, ...account }, asked);
    expect(result).toMatchObject({ ok: reason === null, reason });
    expect(result.message).toMatch(says);
  });
});

describe("PowerP", () => {
  const cases: Record<string, Case<PowerPSimulatorOptions> & { readonly path?: string }> = {
    "that answers": { serialNumber: "123/1001", reason: null, says: /answers for 123\/1001/ },
    "that has no such signal": { serialNumber: "123/9", reason: null, says: /has no device 123\/9/ },
    "of which no signal is asked for": { serialNumber: null, reason: null, says: /takes the credential/ },
    "with another secret": {
      account: { credential: { clientId: "demo-client", clientSecret: "one-that-is-wrong" } },
      reason: "credential",
    },
    "at a path that is not its own": { path: "/other", reason: "address" },
    "that says 429": { options: { faults: { storm: 1 } }, reason: "quota" },
    "that nobody runs": { options: { faults: { outage: true } }, reason: "network" },
  };
  test.each(Object.entries(cases))("%s", async (_name, { options, account, serialNumber = null, path, ...said }) => {
    const { clock, test } = scene();
    const simulator = await startPowerPSimulator({ ...options, time: clock });
    onTestFinished(() => simulator.close());
    const { clientId, clientSecret, url } = simulator;
    const baseUrl = path === undefined ? url : `${new URL(url).origin}${path}`;
    const result = await test(
      { vendor: powerP, baseUrl, credential: { clientId, clientSecret }, ...account },
      serialNumber,
    );
    expect(result).toMatchObject({ ok: said.reason === null, reason: said.reason });
    expect(result.message).toMatch(said.says ?? /./);
  });
});

test("tests of one account wait for one budget, and one that finds no room in it says quota", async () => {
  const { clock, visits } = scene();
  const simulator = await startEnergyGridSimulator({ time: clock });
  onTestFinished(() => simulator.close());
  const account = { vendor: energyGrid, baseUrl: simulator.url, credential: { token: simulator.token } };
  const seconds = PROBE_MS_MAX / 1_000;
  const testing = Promise.all(Array.from({ length: seconds + 2 }, () => probe(visits, account, "SN-000")));
  const results = await besideSockets(clock, testing);
  expect(Array.from(simulator.violations)).toEqual([]);
  const unsent = results.filter(({ requests }) => requests === 0);
  expect(unsent.length).toBeGreaterThanOrEqual(1);
  for (const result of unsent) expect(result).toMatchObject({ ok: false, reason: "quota" });
  expect(results.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(seconds - 2);
});

test("what a test asks of a connection's account is counted as the connection's, and of no other's", async () => {
  const { clock, visits, uses, counted } = scene();
  const simulator = await startEnergyGridSimulator({ time: clock });
  onTestFinished(() => simulator.close());
  const account = { vendor: energyGrid, baseUrl: simulator.url, credential: { token: simulator.token } };
  await besideSockets(clock, probe(visits, account, "SN-000"));
  const { requests } = await besideSockets(clock, probe(visits, { ...account, connectionId: "c" }, "SN-000"));
  await uses.flush();
  expect(counted).toMatchObject([{ connectionId: "c", lane: "live", requests, refusals: 0 }]);
});

test("a test of an account whose budget another server spends says so, and sends nothing", async () => {
  const { clock, visits, budgets } = scene();
  const simulator = await startEnergyGridSimulator({ time: clock });
  onTestFinished(() => simulator.close());
  const account = { vendor: energyGrid, baseUrl: simulator.url, credential: { token: simulator.token } };
  const key = accountKey("a secret", { ...account, vendor: energyGrid.id });
  await budgets.take(key, "another process", null, clock.nowMs());
  const result = await besideSockets(clock, probe(visits, account, "SN-000"));
  expect(result).toMatchObject({ ok: false, reason: "quota", requests: 0 });
  expect(result.message).toMatch(/^Another server asks EnergyGrid at the moment/);
  expect(simulator.counters.seen).toBe(0);
});
