import { resolve } from "node:path";
import { z } from "zod";
import { StartupError } from "./domain/errors.ts";
import { isLoopback } from "./domain/loopback.ts";
import { PASSWORD_CHARS_MIN } from "./domain/user.ts";

/** How the server is set up: read once, from flags and the environment, and frozen. */
export interface ServerConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** Seals stored vendor credentials; null: the key file in the data folder. */
  readonly secretKey: string | null;
  /** The first administrator of an unattended start. */
  readonly admin: { readonly email: string; readonly password: string } | null;
  /** Opens `POST /data` and `GET /data` without a key; loopback only. */
  readonly openData: boolean;
  readonly logLevel: LogLevel;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Flags of the command line; they win over the environment. */
export interface ServerFlags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly dataDir?: string | undefined;
}

/** Variables that hold secrets of other programs' accounts, read for the command line only. */
export type SecretVariable =
  | "ENERGYGRID_TOKEN"
  | "ELECNOVA_CLIENT_ID"
  | "ELECNOVA_CLIENT_SECRET"
  | "POWERP_CLIENT_ID"
  | "POWERP_CLIENT_SECRET";

const SECRET_KEY_CHARS_MIN = 16;

const flagText = z.enum(["0", "1"], "must be 1 (on) or 0 (off)").transform((text) => text === "1");

/** Every setting there is; a name outside this list stops the start. */
const SETTINGS = {
  KILOWATCH_HOST: z.string().min(1, "must name an address"),
  KILOWATCH_PORT: z
    .string()
    .regex(/^\d{1,5}$/, "must be a port number, 0 to 65535")
    .transform(Number)
    .refine((port) => port <= 65_535, "must be a port number, 0 to 65535"),
  KILOWATCH_DATA_DIR: z.string().min(1, "must name a folder"),
  KILOWATCH_SECRET_KEY: z.string().min(SECRET_KEY_CHARS_MIN, `must have at least ${SECRET_KEY_CHARS_MIN} characters`),
  KILOWATCH_ADMIN_EMAIL: z.email("must be an e-mail address"),
  KILOWATCH_ADMIN_PASSWORD: z.string().min(PASSWORD_CHARS_MIN, `must have at least ${PASSWORD_CHARS_MIN} characters`),
  KILOWATCH_CATALOGUE_URL: z.never("is not supported by this version, which keeps its catalogue in SQLite: unset it"),
  KILOWATCH_TELEMETRY_URL: z.never("is not supported by this version, which stores readings itself: unset it"),
  KILOWATCH_OPEN_DATA: flagText,
  KILOWATCH_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`),
} as const;

type SettingName = keyof typeof SETTINGS;
type Environment = Readonly<Record<string, string | undefined>>;

const FLAG_OF: Partial<Record<SettingName, string>> = {
  KILOWATCH_HOST: "--host",
  KILOWATCH_PORT: "--port",
  KILOWATCH_DATA_DIR: "--data-dir",
};

/** @throws StartupError whose one line names the setting that is wrong and what it must be. */
export function readServerConfig(
  flags: ServerFlags = {},
  defaults: { readonly dataDir: string; readonly openData: boolean } = { dataDir: "./data", openData: false },
  env: Environment = process.env,
): ServerConfig {
  refuseUnknownNames(env);
  const read = <N extends SettingName>(name: N, flag?: string): z.output<(typeof SETTINGS)[N]> | undefined => {
    const text = flag ?? env[name];
    if (text === undefined || (flag === undefined && text === "")) return undefined;
    const answer = SETTINGS[name].safeParse(text);
    if (answer.success) return answer.data as z.output<(typeof SETTINGS)[N]>;
    const label = flag === undefined ? name : (FLAG_OF[name] ?? name);
    throw new StartupError(`${label} ${answer.error.issues[0]?.message ?? "cannot be read"}.`);
  };

  const host = read("KILOWATCH_HOST", flags.host) ?? "127.0.0.1";
  const openData = read("KILOWATCH_OPEN_DATA") ?? defaults.openData;
  if (openData && !isLoopback(host)) {
    throw new StartupError(
      `KILOWATCH_OPEN_DATA opens /data to everyone who can reach ${host}: listen on 127.0.0.1, or unset KILOWATCH_OPEN_DATA.`,
    );
  }
  read("KILOWATCH_CATALOGUE_URL");
  read("KILOWATCH_TELEMETRY_URL");
  return Object.freeze({
    host,
    port: read("KILOWATCH_PORT", flags.port) ?? 8080,
    dataDir: resolve(read("KILOWATCH_DATA_DIR", flags.dataDir) ?? defaults.dataDir),
    secretKey: read("KILOWATCH_SECRET_KEY") ?? null,
    admin: bothOrNeither(read("KILOWATCH_ADMIN_EMAIL"), read("KILOWATCH_ADMIN_PASSWORD")),
    openData,
    logLevel: read("KILOWATCH_LOG_LEVEL") ?? "info",
  });
}

/** A vendor secret for the command line; undefined when unset or empty. */
export function readSecretVariable(name: SecretVariable, env: Environment = process.env): string | undefined {
  return env[name] || undefined;
}

function bothOrNeither(email: string | undefined, password: string | undefined): ServerConfig["admin"] {
  if (email !== undefined && password !== undefined) return { email, password };
  if (email === undefined && password === undefined) return null;
  const missing = email === undefined ? "KILOWATCH_ADMIN_EMAIL" : "KILOWATCH_ADMIN_PASSWORD";
  throw new StartupError(`${missing} is not set: the first administrator needs both an e-mail address and a password.`);
}

function refuseUnknownNames(env: Environment): void {
  for (const name of Object.keys(env)) {
    if (name.startsWith("KILOWATCH_") && !(name in SETTINGS)) {
      throw new StartupError(`${name} is not a setting. The settings are: ${Object.keys(SETTINGS).join(", ")}.`);
    }
  }
}
