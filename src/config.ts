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
  /** The PostgreSQL database that holds the catalogue; null: it is an SQLite file in the data folder. */
  readonly catalogueServer: CatalogueServer | null;
  /** The ClickHouse server that holds the readings; null: they are kept in the data folder. */
  readonly telemetryServer: TelemetryServer | null;
  /** Null: readings are not taken by MQTT. */
  readonly mqtt: MqttConfig | null;
  readonly logLevel: LogLevel;
}

/** A database on a PostgreSQL server and who asks it. */
export interface CatalogueServer {
  /** A name, an address, or the folder of a Unix socket (it begins with a slash). */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  /** Empty for a server that asks for none. */
  readonly password: string;
  readonly tls: SslMode;
}

/** As libpq has them; `disable` when the URL says nothing. */
const SSL_MODES = ["disable", "require", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** A ClickHouse server and who asks it. */
export interface TelemetryServer {
  /** `http://host:8123` or `https://host:8443`; a URL without a port means 80 or 443. No secret is in it. */
  readonly origin: string;
  /** Letters, digits and underscores. */
  readonly database: string;
  /** Empty: the server's default user. */
  readonly username: string;
  readonly password: string;
}

/** Where readings are taken by MQTT. */
export interface MqttConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Topic template; null for the usual one. */
  readonly topic: string | null;
  /** PEM files, absolute; null listens without TLS, which only a loopback address may. */
  readonly tls: { readonly certificatePath: string; readonly keyPath: string } | null;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Flags of the command line; they win over the environment. */
export interface ServerFlags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly dataDir?: string | undefined;
}

/** Variables that hold secrets of accounts elsewhere, read for the command line only. */
export type SecretVariable =
  | "ENERGYGRID_TOKEN"
  | "ELECNOVA_CLIENT_ID"
  | "ELECNOVA_CLIENT_SECRET"
  | "POWERP_CLIENT_ID"
  | "POWERP_CLIENT_SECRET"
  | "KILOWATCH_API_KEY";

const SECRET_KEY_CHARS_MIN = 16;

const TELEMETRY_URL = "must look like http://user:password@host:8123/database (or https)";
const DATABASE = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** Of a URL that names none. */
const DEFAULT_DATABASE = "kilowatch";

const telemetryUrl = z.string().transform((text, context): TelemetryServer => {
  const url = URL.parse(text);
  const database = url?.pathname.replace(/^\//, "").replace(/\/$/, "") || DEFAULT_DATABASE;
  // What is wrong is not quoted: it may hold the password.
  if (!url || !/^https?:$/.test(url.protocol) || !DATABASE.test(database) || url.search !== "" || url.hash !== "") {
    context.addIssue(TELEMETRY_URL);
    return z.NEVER;
  }
  try {
    const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return Object.freeze({ origin: url.origin, database, username, password });
  } catch {
    context.addIssue(`${TELEMETRY_URL}, with % written as %25 in the name and the password`);
    return z.NEVER;
  }
});

const CATALOGUE_URL = "must look like postgres://user:password@host:5432/database";
const CATALOGUE_PORT = 5432;

const catalogueUrl = z.string().transform((text, context): CatalogueServer => {
  const url = URL.parse(text);
  const mode = url?.searchParams.get("sslmode") ?? "disable";
  const tls = SSL_MODES.find((known) => known === mode);
  const others = [...(url?.searchParams.keys() ?? [])].filter((name) => name !== "sslmode");
  if (!url || !/^postgres(?:ql)?:$/.test(url.protocol) || !url.hostname || !url.username || url.hash !== "") {
    context.addIssue(CATALOGUE_URL);
    return z.NEVER;
  }
  if (!tls || others.length > 0) {
    context.addIssue(`${CATALOGUE_URL}, and may end with ?sslmode= and one of ${SSL_MODES.join(", ")}`);
    return z.NEVER;
  }
  try {
    const [host, path, username, password] = [url.hostname, url.pathname, url.username, url.password].map(
      decodeURIComponent,
    ) as [string, string, string, string];
    return Object.freeze({
      host: host.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? CATALOGUE_PORT : Number(url.port),
      database: path.slice(1) || DEFAULT_DATABASE,
      username,
      password,
      tls,
    });
  } catch {
    context.addIssue(`${CATALOGUE_URL}, with % written as %25 in the name and the password`);
    return z.NEVER;
  }
});

const portNumber = z
  .string()
  .regex(/^\d{1,5}$/, "must be a port number, 0 to 65535")
  .transform(Number)
  .refine((port) => port <= 65_535, "must be a port number, 0 to 65535");
const flagText = z.enum(["0", "1"], "must be 1 (on) or 0 (off)").transform((text) => text === "1");

/** Every setting there is; a name outside this list stops the start. */
const SETTINGS = {
  KILOWATCH_HOST: z.string().min(1, "must name an address"),
  KILOWATCH_PORT: portNumber,
  KILOWATCH_DATA_DIR: z.string().min(1, "must name a folder"),
  KILOWATCH_SECRET_KEY: z.string().min(SECRET_KEY_CHARS_MIN, `must have at least ${SECRET_KEY_CHARS_MIN} characters`),
  KILOWATCH_ADMIN_EMAIL: z.email("must be an e-mail address"),
  KILOWATCH_ADMIN_PASSWORD: z.string().min(PASSWORD_CHARS_MIN, `must have at least ${PASSWORD_CHARS_MIN} characters`),
  KILOWATCH_CATALOGUE_URL: catalogueUrl,
  KILOWATCH_TELEMETRY_URL: telemetryUrl,
  KILOWATCH_OPEN_DATA: flagText,
  KILOWATCH_MQTT_PORT: portNumber,
  KILOWATCH_MQTT_HOST: z.string().min(1, "must name an address"),
  KILOWATCH_MQTT_TOPIC: z.string(),
  KILOWATCH_MQTT_TLS_CERT: z.string(),
  KILOWATCH_MQTT_TLS_KEY: z.string(),
  KILOWATCH_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`),
  /** Of the commands that talk to a server; the server itself has no use for it. */
  KILOWATCH_API_KEY: z.string(),
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
  return Object.freeze({
    host,
    port: read("KILOWATCH_PORT", flags.port) ?? 8080,
    dataDir: resolve(read("KILOWATCH_DATA_DIR", flags.dataDir) ?? defaults.dataDir),
    secretKey: read("KILOWATCH_SECRET_KEY") ?? null,
    admin: bothOrNeither(read("KILOWATCH_ADMIN_EMAIL"), read("KILOWATCH_ADMIN_PASSWORD")),
    openData,
    catalogueServer: read("KILOWATCH_CATALOGUE_URL") ?? null,
    telemetryServer: read("KILOWATCH_TELEMETRY_URL") ?? null,
    mqtt: mqttOf(
      {
        port: read("KILOWATCH_MQTT_PORT"),
        host: read("KILOWATCH_MQTT_HOST"),
        topic: read("KILOWATCH_MQTT_TOPIC"),
        certificate: read("KILOWATCH_MQTT_TLS_CERT"),
        key: read("KILOWATCH_MQTT_TLS_KEY"),
      },
      host,
    ),
    logLevel: read("KILOWATCH_LOG_LEVEL") ?? "info",
  });
}

/** A vendor secret for the command line; undefined when unset or empty. */
export function readSecretVariable(name: SecretVariable, env: Environment = process.env): string | undefined {
  return env[name] || undefined;
}

function mqttOf(
  set: Readonly<Record<"host" | "topic" | "certificate" | "key", string | undefined>> & {
    readonly port?: number | undefined;
  },
  serverHost: string,
): MqttConfig | null {
  if (set.port === undefined) {
    const useless = Object.entries(MQTT_SETTINGS).find(
      ([name]) => set[name as keyof typeof MQTT_SETTINGS] !== undefined,
    );
    if (useless)
      throw new StartupError(`${useless[1]} does nothing without KILOWATCH_MQTT_PORT: set that too, or unset it.`);
    return null;
  }
  const { certificate, key } = set;
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = certificate === undefined ? MQTT_SETTINGS.certificate : MQTT_SETTINGS.key;
    throw new StartupError(`${missing} is not set: MQTT over TLS needs both a certificate and its key.`);
  }
  const host = set.host ?? serverHost;
  const tls =
    certificate !== undefined && key !== undefined
      ? { certificatePath: resolve(certificate), keyPath: resolve(key) }
      : null;
  if (!tls && !isLoopback(host)) {
    throw new StartupError(
      `MQTT on ${host} without TLS would send API keys in the clear: set KILOWATCH_MQTT_TLS_CERT and KILOWATCH_MQTT_TLS_KEY, or KILOWATCH_MQTT_HOST=127.0.0.1.`,
    );
  }
  return Object.freeze({ host, port: set.port, topic: set.topic ?? null, tls });
}

const MQTT_SETTINGS = {
  host: "KILOWATCH_MQTT_HOST",
  topic: "KILOWATCH_MQTT_TOPIC",
  certificate: "KILOWATCH_MQTT_TLS_CERT",
  key: "KILOWATCH_MQTT_TLS_KEY",
} as const;

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
