import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readSecretVariable, readServerConfig } from "./config.ts";
import { StartupError } from "./domain/errors.ts";
import { isLoopback } from "./domain/loopback.ts";

const DEFAULTS = { dataDir: "./data", openData: false };
const read = (env: Record<string, string>, flags = {}) => readServerConfig(flags, DEFAULTS, env);

describe("the server's settings", () => {
  test("stand without any", () => {
    expect(read({})).toEqual({
      host: "127.0.0.1",
      port: 8080,
      dataDir: resolve("./data"),
      secretKey: null,
      admin: null,
      openData: false,
      trustedProxies: [],
      catalogueServer: null,
      telemetryServer: null,
      mqtt: null,
      vendorNetworks: [],
      logLevel: "info",
    });
    expect(Object.isFrozen(read({}))).toBe(true);
  });

  test("MQTT listens where the server does, unless told otherwise", () => {
    expect(read({ KILOWATCH_MQTT_PORT: "1883" }).mqtt).toEqual({
      host: "127.0.0.1",
      port: 1883,
      topic: null,
      tls: null,
    });
    const env = {
      KILOWATCH_MQTT_PORT: "8883",
      KILOWATCH_MQTT_HOST: "0.0.0.0",
      KILOWATCH_MQTT_TOPIC: "plant/{device}",
      KILOWATCH_MQTT_TLS_CERT: "c.pem",
      KILOWATCH_MQTT_TLS_KEY: "k.pem",
    };
    const tls = { certificatePath: resolve("c.pem"), keyPath: resolve("k.pem") };
    expect(read(env).mqtt).toEqual({ host: "0.0.0.0", port: 8883, topic: "plant/{device}", tls });
  });

  test("come from the environment, and flags win", () => {
    const env = { KILOWATCH_PORT: "9000", KILOWATCH_HOST: "0.0.0.0", KILOWATCH_LOG_LEVEL: "warn" };
    expect(read(env)).toMatchObject({ port: 9000, host: "0.0.0.0", logLevel: "warn" });
    expect(read(env, { port: "9001", host: "::1" })).toMatchObject({ port: 9001, host: "::1" });
  });

  test.each([
    ["an unknown name", { KILOWATCH_PROT: "1" }, /KILOWATCH_PROT is not a setting.*KILOWATCH_PORT/],
    ["a port that is none", { KILOWATCH_PORT: "80a" }, /^KILOWATCH_PORT must be a port number/],
    ["a port past the end", { KILOWATCH_PORT: "65536" }, /^KILOWATCH_PORT must be a port number/],
    ["a level that is none", { KILOWATCH_LOG_LEVEL: "loud" }, /^KILOWATCH_LOG_LEVEL must be one of debug/],
    ["a flag that is neither 0 nor 1", { KILOWATCH_OPEN_DATA: "yes" }, /^KILOWATCH_OPEN_DATA must be 1/],
    [
      "an address for a network",
      { KILOWATCH_VENDOR_NETWORKS: "10.0.0.0/8,10.0.0.5" },
      /"10\.0\.0\.5", which is no net/,
    ],
    [
      "a network of a name",
      { KILOWATCH_VENDOR_NETWORKS: "localhost/8" },
      /^KILOWATCH_VENDOR_NETWORKS holds "localhost/,
    ],
    ["a network's end", { KILOWATCH_VENDOR_NETWORKS: "10.0.0.0/8," }, /^KILOWATCH_VENDOR_NETWORKS holds ""/],
    ["half an administrator", { KILOWATCH_ADMIN_EMAIL: "a@example.org" }, /^KILOWATCH_ADMIN_PASSWORD is not set/],
    [
      "a short password",
      { KILOWATCH_ADMIN_EMAIL: "a@example.org", KILOWATCH_ADMIN_PASSWORD: "12345678901" },
      /12 char/,
    ],
    [
      "open data for the whole network",
      { KILOWATCH_OPEN_DATA: "1", KILOWATCH_HOST: "0.0.0.0" },
      /listen on 127\.0\.0\.1/,
    ],
    [
      "MQTT settings without a port",
      { KILOWATCH_MQTT_TOPIC: "a/{device}" },
      /^KILOWATCH_MQTT_TOPIC does nothing without/,
    ],
    [
      "MQTT in the clear for the whole network",
      { KILOWATCH_MQTT_PORT: "1883", KILOWATCH_MQTT_HOST: "0.0.0.0" },
      /without TLS would send API keys/,
    ],
    [
      "half of MQTT's TLS",
      { KILOWATCH_MQTT_PORT: "8883", KILOWATCH_MQTT_TLS_CERT: "c.pem" },
      /^KILOWATCH_MQTT_TLS_KEY is not set/,
    ],
  ])("refuse %s in one line", (_case, env, line) => {
    expect(() => read(env as unknown as Record<string, string>)).toThrow(StartupError);
    expect(() => read(env as unknown as Record<string, string>)).toThrow(line);
    expect(() => read(env as unknown as Record<string, string>)).not.toThrow(/\n/);
  });

  test("believe the proxies that are named, and no others", () => {
    const KILOWATCH_TRUSTED_PROXIES = "127.0.0.1, 10.0.0.0/8,::1,2001:db8::/32,192.0.2.1/32,0.0.0.0/1";
    expect(read({ KILOWATCH_TRUSTED_PROXIES }).trustedProxies).toEqual([
      ...["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "192.0.2.1/32", "0.0.0.0/1"],
    ]);
    expect(read({ KILOWATCH_TRUSTED_PROXIES: "" }).trustedProxies).toEqual([]);
  });

  test.each([
    ...["10.0.0.0/0", "10.0.0.0/33", "::/0", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/x", "10.0.0.0/-1"],
    ...["loopback", "proxy.example", "10.0.0", "10.0.0.1:80", "fe80::1%eth0", "10.0.0.1,", ",", "true", "*"],
  ])("refuse %s as trusted proxies in one line", (KILOWATCH_TRUSTED_PROXIES) => {
    expect(() => read({ KILOWATCH_TRUSTED_PROXIES })).toThrow(StartupError);
    expect(() => read({ KILOWATCH_TRUSTED_PROXIES })).toThrow(/^KILOWATCH_TRUSTED_PROXIES must list addresses[^\n]*$/);
  });

  test("list networks of vendors", () => {
    expect(read({ KILOWATCH_VENDOR_NETWORKS: "10.0.0.0/8, 192.168.1.7/32,fd12::/16" }).vendorNetworks).toEqual([
      "10.0.0.0/8",
      "192.168.1.7/32",
      "fd12::/16",
    ]);
  });

  test("leave the command line's API key alone", () => {
    expect(JSON.stringify(read({ KILOWATCH_API_KEY: "kw_x" }))).not.toMatch(/kw_x/);
    expect(readSecretVariable("KILOWATCH_API_KEY", { KILOWATCH_API_KEY: "kw_x" })).toBe("kw_x");
  });

  test("never repeat a secret in a refusal", () => {
    expect(() => read({ KILOWATCH_SECRET_KEY: "hunter2" })).toThrow(/KILOWATCH_SECRET_KEY must have at least 16/);
    expect(() => read({ KILOWATCH_SECRET_KEY: "hunter2" })).not.toThrow(/hunter2/);
  });

  test.each([
    ["http://clickhouse:8123", { origin: "http://clickhouse:8123", database: "kilowatch", username: "", password: "" }],
    ["http://[::1]:8123/", { origin: "http://[::1]:8123", database: "kilowatch" }],
    ["https://db.example.org/Fleet_2/", { origin: "https://db.example.org", database: "Fleet_2" }],
    ["https://a%40b:p%2F%3Aw%25@db:8443/x", { origin: "https://db:8443", username: "a@b", password: "p/:w%" }],
    [`http://h:1/${"d".repeat(64)}`, { database: "d".repeat(64) }],
  ])("take a ClickHouse server from %s", (KILOWATCH_TELEMETRY_URL, server) => {
    expect(read({ KILOWATCH_TELEMETRY_URL }).telemetryServer).toMatchObject(server);
  });

  test.each([
    "clickhouse:8123",
    "ftp://user:hunter2@host/db",
    "http://user:hunter2@host:99999/db",
    "http://user:hunter2@host/two/parts",
    "http://user:hunter2@host/a-b",
    "http://user:hunter2@host/`x`",
    `http://user:hunter2@host/${"d".repeat(65)}`,
    "http://user:hunter2@host/db?password=hunter2",
    "http://user:hunter2@host/db#hunter2",
    "http://user:hunter2%zz@host/db",
  ])("refuse %s as a ClickHouse server in one line without its password", (KILOWATCH_TELEMETRY_URL) => {
    expect(() => read({ KILOWATCH_TELEMETRY_URL })).toThrow(StartupError);
    expect(() => read({ KILOWATCH_TELEMETRY_URL })).toThrow(/^KILOWATCH_TELEMETRY_URL must look like http:[^\n]*$/);
    expect(() => read({ KILOWATCH_TELEMETRY_URL })).not.toThrow(/hunter2/);
  });

  test.each([
    ["postgres://kw:pw@db", { host: "db", port: 5432, database: "kilowatch", password: "pw", tls: "disable" }],
    ["postgresql://kw@[::1]:6432/Fleet-2", { host: "::1", port: 6432, database: "Fleet-2", password: "" }],
    ["postgres://a%40b:p%2F%3Aw%25%3F@db/x", { username: "a@b", password: "p/:w%?" }],
    ["postgres://kw@%2Frun%2Fpostgresql/x", { host: "/run/postgresql", port: 5432 }],
    ["postgres://kw:pw@db/x?sslmode=require", { tls: "require" }],
    ["postgres://kw:pw@db/x?sslmode=verify-full", { tls: "verify-full" }],
  ])("take a PostgreSQL database from %s", (KILOWATCH_CATALOGUE_URL, server) => {
    expect(read({ KILOWATCH_CATALOGUE_URL }).catalogueServer).toMatchObject(server);
  });

  test.each([
    "db:5432",
    "mysql://user:hunter2@db/x",
    "postgres://db/x",
    "postgres://:hunter2@db/x",
    "postgres://user:hunter2@/x",
    "postgres://user:hunter2@db:99999/x",
    "postgres://user:hunter2#@db/x",
    "postgres://user:hunter2%zz@db/x",
    "postgres://user:hunter2@db/x?sslmode=prefer",
    "postgres://user:hunter2@db/x?password=hunter2",
  ])("refuse %s as a PostgreSQL database in one line without its password", (KILOWATCH_CATALOGUE_URL) => {
    expect(() => read({ KILOWATCH_CATALOGUE_URL })).toThrow(StartupError);
    expect(() => read({ KILOWATCH_CATALOGUE_URL })).toThrow(/^KILOWATCH_CATALOGUE_URL must look like postgres:[^\n]*$/);
    expect(() => read({ KILOWATCH_CATALOGUE_URL })).not.toThrow(/hunter2/);
  });

  test("name the flag when the flag is wrong", () => {
    expect(() => read({}, { port: "x" })).toThrow(/^--port must be a port number/);
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["192.168.1.2", false],
  ["127.example.org", false],
])("%s is loopback: %s", (host, expected) => expect(isLoopback(host)).toBe(expected));

test("an empty secret counts as none", () => {
  expect(readSecretVariable("ENERGYGRID_TOKEN", { ENERGYGRID_TOKEN: "" })).toBeUndefined();
  expect(readSecretVariable("ENERGYGRID_TOKEN", { ENERGYGRID_TOKEN: "t" })).toBe("t");
});
