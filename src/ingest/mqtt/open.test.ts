import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { StartupError } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import type { PushSources } from "../sources/push-sources.ts";
import { type MqttSetup, openMqttListener } from "./open.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-mqtt-open-"));
  writeFileSync(join(folder, "nonsense.pem"), "this is no certificate");
});
afterAll(() => rmSync(folder, { recursive: true }));

const LOCAL: MqttSetup = { host: "127.0.0.1", port: 0, topic: null, tls: null };

/** None of these gets as far as its parts. */
function opening(setup: Partial<MqttSetup>) {
  const apiKeys = { onRevoked() {} } as unknown as Catalogue["apiKeys"];
  const sources = {} as PushSources;
  return openMqttListener({ ...LOCAL, ...setup }, { apiKeys, sources, clock: new VirtualClock(), log: silentLog });
}

describe("opening the MQTT listener", () => {
  test.each([
    ["a topic that makes no sense", () => ({ topic: "a/#" }), /KILOWATCH_MQTT_TOPIC has the level "#"/],
    [
      "a certificate that is not there",
      () => ({ tls: { certificatePath: join(folder, "none.pem"), keyPath: "" } }),
      /KILOWATCH_MQTT_TLS_CERT names a file that cannot be read: .*none.pem \(ENOENT\)/,
    ],
    [
      "files that are no certificate and key",
      () => ({ tls: { certificatePath: join(folder, "nonsense.pem"), keyPath: join(folder, "nonsense.pem") } }),
      /cannot be used/,
    ],
    ["an address of another machine", () => ({ host: "192.0.2.1" }), /cannot listen on 192.0.2.1:0/],
  ])("%s is said in one line", async (_case, setup, line) => {
    const failure = await opening(setup()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartupError);
    expect((failure as StartupError).message).toMatch(line);
  });

  test("a port that is taken is said", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(opening({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
    server.close();
  });
});
