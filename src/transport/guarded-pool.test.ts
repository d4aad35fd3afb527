import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { systemClock } from "../domain/clock.ts";
import { InvalidInput } from "../domain/errors.ts";
import { AddressGuard } from "./address-guard.ts";
import { CARRIERS, dotted, IPV4_FORMS, type Octets } from "./addresses.fixture.ts";
import { type Answer, Caller } from "./caller.ts";
import { VendorAddressRefused, VendorRefused } from "./errors.ts";
import { openGuardedPool, type Resolver } from "./guarded-pool.ts";
import { Limiter } from "./limiter.ts";

/** A server on this machine that nobody may reach, unless its address is listed. */
interface Sentinel {
  readonly port: number;
  connections: number;
  lookups: number;
  close(): Promise<void>;
}

async function listen(answer: RequestListener): Promise<Sentinel> {
  const open = new Set<Socket>();
  const server = createServer(answer).on("connection", (socket) => {
    sentinel.connections++;
    open.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sentinel: Sentinel = {
    port: (server.address() as AddressInfo).port,
    connections: 0,
    lookups: 0,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return sentinel;
}

const well: RequestListener = (_incoming, outgoing) => {
  // Every call then takes a socket of its own.
  outgoing.writeHead(200, { connection: "close" }).end('{"ok":true}');
};
const sentinel = await listen(well);
afterAll(() => sentinel.close());

let open: (() => Promise<void>)[] = [];
beforeEach(() => {
  sentinel.connections = 0;
  sentinel.lookups = 0;
});
afterEach(async () => {
  for (const close of open) await close();
  open = [];
});

const LOOPBACK = ["127.0.0.0/8"];
/** Names have the addresses of the first look-up, then those of the second; the last stay. */
type Answers = readonly (readonly string[])[];

function resolverOf(answers: Answers): Resolver {
  let next = 0;
  return (_hostname, _options, callback) => {
    sentinel.lookups++;
    const addresses = answers[Math.min(next++, answers.length - 1)] ?? [];
    setImmediate(() =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      ),
    );
  };
}

/** @throws InvalidInput */
function openCaller(baseUrl: string, listed: readonly string[], answers: Answers): Caller {
  const guard = new AddressGuard({ listed, setting: "THE_SETTING" });
  const pool = openGuardedPool(baseUrl, guard, resolverOf(answers));
  open.push(() => pool.destroy());
  const caller = new Caller({
    vendor: "Acme",
    baseUrl,
    limiter: new Limiter({ budgets: [], clock: systemClock }),
    dispatcher: pool,
  });
  open.push(() => caller.close());
  return caller;
}

const request = { method: "GET", path: "/", schema: z.object({ ok: z.boolean() }) } as const;

async function call(
  baseUrl: string,
  listed: readonly string[],
  answers: Answers = [["127.0.0.1"]],
): Promise<Answer<unknown>> {
  return openCaller(baseUrl, listed, answers).call(request);
}

/** Refused at the first attempt, without a retry, and without a connection. */
async function expectRefused(calling: Promise<unknown>): Promise<void> {
  const error = await calling.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(VendorAddressRefused);
  expect(error).toMatchObject({ attempts: 1, status: null });
  expect((error as Error).message).toMatch(/^Acme is not called: .+, and THE_SETTING does not list .+\.$/);
}

const REFUSED: readonly Octets[] = [
  [127, 0, 0, 1],
  [127, 255, 255, 254],
  [0, 0, 0, 0],
  [0, 1, 2, 3],
  [10, 0, 0, 1],
  [172, 16, 0, 1],
  [192, 168, 1, 254],
  [100, 64, 0, 1],
  [169, 254, 0, 1],
  [169, 254, 169, 254],
  [168, 63, 129, 16],
  [198, 18, 0, 1],
  [203, 0, 113, 9],
  [224, 0, 0, 1],
  [240, 0, 0, 1],
  [255, 255, 255, 255],
];
const REFUSED_IPV6 = [
  ...["::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::7f00:1"],
  ...["fe80::1", "febf:ffff::1", "fec0::1", "fc00::1", "fd12:3456:789a::1", "fd00:ec2::254", "FD00:EC2::254"],
  ...["ff02::1", "ff0e::1", "100::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1", "4000::1"],
  ...REFUSED.flatMap((octets) => Object.values(CARRIERS).map((carry) => carry(octets))),
];
const NAMES = [
  ...["localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "a", "intranet"],
  ...["vendor.example", "vendor.example.", "127.0.0.1.nip.example", "2130706433.example", "metadata.google.internal"],
  ...[
    "bücher.example",
    "xn--bcher-kva.example",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ",
    "local\u00adhost",
    "vendor。example",
    "пример.example",
  ],
  ...["%6cocalhost", "_vendor.example", "1.2.3.4.5.example", `${"a".repeat(63)}.example`],
];

describe("nothing reaches an address that is not listed", () => {
  const hosts: readonly (readonly [form: string, host: string])[] = [
    ...REFUSED.flatMap((octets) => Object.entries(IPV4_FORMS).map(([form, write]) => [form, write(octets)] as const)),
    ...REFUSED_IPV6.map((address) => ["IPv6", `[${address}]`] as const),
  ];

  test("the table is long", () => expect(hosts.length).toBeGreaterThan(380));

  test.each(hosts)("in the URL: %s, %s", async (_form, host) => {
    await expectRefused(call(`http://${host}:${sentinel.port}`, []));
    expect(sentinel).toMatchObject({ connections: 0, lookups: 0 });
  });

  test.each(NAMES)("by the name %s", async (name) => {
    await expectRefused(call(`http://${name}:${sentinel.port}`, []));
    expect(sentinel).toMatchObject({ connections: 0, lookups: 1 });
  });

  test.each([...REFUSED.map(dotted), ...REFUSED_IPV6, "fe80::1%eth0", "::ffff:127.0.0.1%lo"])(
    "by a name whose address is %s",
    async (address) => {
      await expectRefused(call(`http://vendor.example:${sentinel.port}`, [], [[address]]));
      expect(sentinel.connections).toBe(0);
    },
  );

  test.each([...REFUSED.slice(1).map(dotted), ...REFUSED_IPV6.slice(0, 20)])(
    "by a name that has %s beside an address that is listed",
    async (address) => {
      for (const addresses of [
        [address, "127.0.0.1"],
        ["127.0.0.1", address],
        ["127.0.0.1", "127.0.0.1", address, "127.0.0.1"],
      ]) {
        await expectRefused(call(`http://vendor.example:${sentinel.port}`, ["127.0.0.1/32"], [addresses]));
      }
      expect(sentinel.connections).toBe(0);
    },
  );

  test.each([...REFUSED.slice(1).map(dotted), ...REFUSED_IPV6.slice(0, 20)])(
    "by a name that is bound to %s after its first look-up",
    async (address) => {
      const caller = openCaller(`http://vendor.example:${sentinel.port}`, ["127.0.0.1/32"], [["127.0.0.1"], [address]]);
      expect((await caller.call(request)).value).toEqual({ ok: true });
      expect(sentinel).toMatchObject({ connections: 1, lookups: 1 });
      await expectRefused(caller.call(request));
      expect(sentinel).toMatchObject({ connections: 1, lookups: 2 });
    },
  );

  test.each([
    "https://127.0.0.1:PORT",
    "https://vendor.example:PORT",
    "https://[::ffff:127.0.0.1]:PORT/path",
    "HTTP://127.0.0.1:PORT",
    "http:127.0.0.1:PORT",
    "http:/127.0.0.1:PORT",
    "http:\\\\127.0.0.1:PORT",
    "http:////127.0.0.1:PORT//",
    " http://127.0.0.1:PORT\n",
    "http://127.0.\t0.1:PORT",
    "http://@127.0.0.1:PORT",
    "http://127.0.0.1",
    "http://127.0.0.1:22",
    "http://127.0.0.1:0PORT",
    "http://127.0.0.1:65535",
  ])("in a URL like %j", async (url) => {
    await expectRefused(call(url.replace("PORT", `${sentinel.port}`), []));
    expect(sentinel.connections).toBe(0);
  });

  test.each([
    "http://vendor.example@127.0.0.1:PORT",
    "http://user:password@127.0.0.1:PORT",
    "http://127.0.0.1:PORT@vendor.example",
    "http://127.0.0.1:PORT#@vendor.example",
    "http://127.0.0.1:PORT?@vendor.example",
    "http://[::1%25lo]:PORT",
    "http://[::1%lo]:PORT",
    "http://[fe80::1%25eth0]:PORT",
    "http://::1:PORT",
    "http://[127.0.0.1]:PORT",
    "http://127.0.0.1.1:PORT",
    "http://127.0.0.256:PORT",
    "http://4294967297:PORT",
    "http://0x1.0.0.0.1:PORT",
    "http://08.0.0.1:PORT",
    "http://127.0.0.1%00.example:PORT",
    "http://127.0.0.1 .example:PORT",
    "http://127.0.0.1:999999",
    "ftp://127.0.0.1:PORT",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT",
    "ws://127.0.0.1:PORT",
    "//127.0.0.1:PORT",
    "127.0.0.1:PORT",
  ])("in what is no base URL, like %s", (url) => {
    expect(() => openCaller(url.replace("PORT", `${sentinel.port}`), LOOPBACK, [["127.0.0.1"]])).toThrow(InvalidInput);
  });
});

describe("no redirect is followed, listed or not", () => {
  const places = [
    ...["http://127.0.0.1:PORT/", "//127.0.0.1:PORT/", "http://0.0.0.0:PORT", "http://[::ffff:7f00:1]:PORT/"],
    ...["http://2130706433:PORT/", "http://vendor.example:PORT/", "http://169.254.169.254/latest/meta-data/"],
    ...["http://[fd00:ec2::254]/", "file:///etc/passwd", "gopher://127.0.0.1:PORT/"],
  ];
  const cases = [300, 301, 302, 303, 307, 308].flatMap((status) => places.map((place) => [status, place] as const));

  test.each(cases)("%d to %s", async (status, place) => {
    const location = place.replace("PORT", `${sentinel.port}`);
    const vendor = await listen((_incoming, outgoing) => outgoing.writeHead(status, { location }).end("{}"));
    open.push(() => vendor.close());
    await expect(call(`http://127.0.0.1:${vendor.port}`, LOOPBACK)).rejects.toBeInstanceOf(VendorRefused);
    expect(vendor.connections).toBe(1);
    expect(sentinel.connections).toBe(0);
  });

  test.each([
    { refresh: "0; url=URL" },
    { "content-location": "URL" },
    { link: "<URL>; rel=next" },
    { location: "URL" },
  ])("nor what a good answer points to: %j", async (headers) => {
    const pointing = Object.entries(headers).map(([name, value]): [string, string] => [
      name,
      value.replace("URL", `http://127.0.0.1:${sentinel.port}/`),
    ]);
    const vendor = await listen((_incoming, outgoing) =>
      outgoing.writeHead(200, Object.fromEntries(pointing)).end('{"ok":true}'),
    );
    open.push(() => vendor.close());
    await call(`http://127.0.0.1:${vendor.port}`, LOOPBACK);
    expect(sentinel.connections).toBe(0);
  });
});

describe("with this machine listed, the sentinel is reached", () => {
  const forms = Object.entries(IPV4_FORMS).map(([form, write]) => [form, write([127, 0, 0, 1])] as const);

  test.each(forms)("in the URL: %s, %s", async (_form, host) => {
    expect((await call(`http://${host}:${sentinel.port}`, LOOPBACK)).value).toEqual({ ok: true });
    expect(sentinel).toMatchObject({ connections: 1, lookups: 0 });
  });

  test.each(NAMES)("by the name %s", async (name) => {
    expect((await call(`http://${name}:${sentinel.port}`, LOOPBACK)).value).toEqual({ ok: true });
    expect(sentinel).toMatchObject({ connections: 1, lookups: 1 });
  });

  test("by an account that has no guard", async () => {
    const limiter = new Limiter({ budgets: [], clock: systemClock });
    await using caller = new Caller({ vendor: "Acme", baseUrl: `http://127.0.0.1:${sentinel.port}`, limiter });
    expect((await caller.call(request)).value).toEqual({ ok: true });
  });
});

test("a refusal names the address, what it is, and what would allow it", async () => {
  await expect(call("http://vendor.example", [], [["10.0.0.5"]])).rejects.toThrow(
    "Acme is not called: vendor.example is at 10.0.0.5, a private address, and THE_SETTING does not list its network.",
  );
  await expect(call("http://[::ffff:7f00:1]", [])).rejects.toThrow(
    "Acme is not called: its address is ::ffff:7f00:1 (127.0.0.1), a loopback address, and THE_SETTING does not list its network.",
  );
});

test("a name that is not found is a failure of the network, as ever", async () => {
  const guard = new AddressGuard({ listed: [], setting: "THE_SETTING" });
  const unknown: Resolver = (_hostname, _options, callback) =>
    setImmediate(() => callback(Object.assign(new Error("not found"), { code: "ENOTFOUND" }), []));
  const dispatcher = openGuardedPool("http://vendor.example", guard, unknown);
  open.push(() => dispatcher.destroy());
  const limiter = new Limiter({ budgets: [], clock: systemClock });
  await using caller = new Caller({
    vendor: "Acme",
    baseUrl: "http://vendor.example",
    limiter,
    dispatcher,
    retriesMax: 0,
  });
  await expect(caller.call(request)).rejects.toThrow("Acme cannot be reached: the host name is not known (ENOTFOUND).");
});
