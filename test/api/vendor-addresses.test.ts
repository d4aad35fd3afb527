import { afterEach, expect, test } from "vitest";
import { startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

interface Connection {
  readonly state: string;
  readonly message: string | null;
}

let server: ApiServer;
afterEach(() => server.close());

/** Connects an account at a simulator on this machine, and answers what has become of it once it was polled. */
async function connect(vendorNetworks: readonly string[], baseUrl: string): Promise<Connection> {
  server = await startApiServer({ vendorNetworks });
  const headers = await server.signInAsAdmin();
  const post = async (path: string, payload: object) =>
    (await server.app.inject({ method: "POST", url: `/api/v1${path}`, headers, payload })).json<{ id: string }>();
  const { id: siteId } = await post("/sites", { name: "Roof", timezone: "UTC" });
  const credential = { token: "a-token-of-the-test" };
  await post("/connections", {
    name: "Fleet",
    vendor: "energygrid",
    baseUrl,
    credential,
    siteId,
    serialNumbers: ["A"],
  });
  // The budget counts as spent by the process before.
  await server.clock.advance(1_000);
  const look = async (): Promise<Connection | undefined> => {
    const answer = await server.app.inject({ method: "GET", url: "/api/v1/connections", headers });
    return answer.json<{ items: Connection[] }>().items[0];
  };
  await expect.poll(async () => (await look())?.state).not.toBe("starting");
  return (await look()) ?? { state: "absent", message: null };
}

test("a vendor on this machine is not called, and the connection says what would allow it", async () => {
  await using simulator = await startEnergyGridSimulator();
  expect(await connect(["10.0.0.0/8"], simulator.url)).toEqual(
    expect.objectContaining({
      state: "refused",
      message:
        "EnergyGrid is not called: its address is 127.0.0.1, a loopback address, and A SETTING does not list its network.",
    }),
  );
  expect(simulator.counters.seen).toBe(0);
});

test("it is called once its network is listed", async () => {
  await using simulator = await startEnergyGridSimulator();
  // What is said to the wrong token is the vendor's own word.
  expect((await connect(["127.0.0.0/8"], simulator.url)).message).toMatch(
    /^EnergyGrid refused the signature or the token/,
  );
  expect(simulator.counters.seen).toBeGreaterThan(0);
});
