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
      logLevel: "info",
    });
    expect(Object.isFrozen(read({}))).toBe(true);
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
    ["half an administrator", { KILOWATCH_ADMIN_EMAIL: "a@example.org" }, /^KILOWATCH_ADMIN_PASSWORD is not set/],
    [
      "a short password",
      { KILOWATCH_ADMIN_EMAIL: "a@example.org", KILOWATCH_ADMIN_PASSWORD: "12345678901" },
      /12 char/,
    ],
    [
      "a database of a later version",
      { KILOWATCH_CATALOGUE_URL: "postgres://x" },
      /^KILOWATCH_CATALOGUE_URL is not supp/,
    ],
    [
      "open data for the whole network",
      { KILOWATCH_OPEN_DATA: "1", KILOWATCH_HOST: "0.0.0.0" },
      /listen on 127\.0\.0\.1/,
    ],
  ])("refuse %s in one line", (_case, env, line) => {
    expect(() => read(env as unknown as Record<string, string>)).toThrow(StartupError);
    expect(() => read(env as unknown as Record<string, string>)).toThrow(line);
    expect(() => read(env as unknown as Record<string, string>)).not.toThrow(/\n/);
  });

  test("never repeat a secret in a refusal", () => {
    expect(() => read({ KILOWATCH_SECRET_KEY: "hunter2" })).toThrow(/KILOWATCH_SECRET_KEY must have at least 16/);
    expect(() => read({ KILOWATCH_SECRET_KEY: "hunter2" })).not.toThrow(/hunter2/);
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
