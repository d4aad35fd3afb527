import { isIP } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import { StartupError } from "./domain/errors.ts";
import { isLoopback } from "./domain/loopback.ts";
import { parseNetwork } from "./domain/network.ts";
import { type CatalogueServer, catalogueUrl, type TelemetryServer, telemetryUrl } from "./domain/server-urls.ts";
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
  /** Addresses and networks (CIDR) of proxies whose word on the client's address is believed. */
  readonly trustedProxies: readonly string[];
  /** The PostgreSQL database that holds the catalogue; null: it is an SQLite file in the data folder. */
  readonly catalogueServer: CatalogueServer | null;
  /** The ClickHouse server that holds the readings; null: they are kept in the data folder. */
  readonly telemetryServer: TelemetryServer | null;
  /** Null: readings are not taken by MQTT. */
  readonly mqtt: MqttConfig | null;
  /** Networks in CIDR notation beyond the public internet in which vendors may be called. */
  readonly vendorNetworks: readonly string[];
  readonly logLevel: LogLevel;
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
  | "KILOWATCH_API_KEY"
  | "KILOWATCH_PASSWORD"
  | "KILOWATCH_NEW_PASSWORD"
  | "KILOWATCH_NEW_SECRET_KEY";

/** Of a passphrase that is the installation's key. */
export const SECRET_KEY_CHARS_MIN = 16;

const PROXIES = "must list addresses and networks, such as 127.0.0.1,10.0.0.0/8";
const proxyList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((parts) => parts.every(isNetwork), PROXIES);
const networkList = z.string().transform((text, context): readonly string[] => {
  const networks = text.split(",").map((network) => network.trim());
  const wrong = networks.find((network) => parseNetwork(network) === null);
  if (wrong === undefined) return Object.freeze(networks);
  context.addIssue(
    `holds "${wrong}", which is no network: write networks like 10.0.0.0/8 or fd12::/16 and single addresses like 10.0.0.5/32, separated by commas`,
  );
  return z.NEVER;
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
  KILOWATCH_TRUSTED_PROXIES: proxyList,
  KILOWATCH_MQTT_PORT: portNumber,
  KILOWATCH_MQTT_HOST: z.string().min(1, "must name an address"),
  KILOWATCH_MQTT_TOPIC: z.string(),
  KILOWATCH_MQTT_TLS_CERT: z.string(),
  KILOWATCH_MQTT_TLS_KEY: z.string(),
  KILOWATCH_VENDOR_NETWORKS: networkList,
  KILOWATCH_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`),
  /** Of the commands that talk to a server; the server itself has no use for it. */
  KILOWATCH_API_KEY: z.string(),
  KILOWATCH_PASSWORD: z.string(),
  KILOWATCH_NEW_PASSWORD: z.string(),
  /** Of `kilowatch secret-key rotate`. */
  KILOWATCH_NEW_SECRET_KEY: z.string(),
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
    trustedProxies: Object.freeze(read("KILOWATCH_TRUSTED_PROXIES") ?? []),
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
    vendorNetworks: read("KILOWATCH_VENDOR_NETWORKS") ?? [],
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

/** An address, or a network in CIDR notation; not the whole internet, whose word would be worth nothing. */
function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits);
  return bits > 0 && isPrefix && rest.length === 0 && !address.includes("%");
}

function refuseUnknownNames(env: Environment): void {
  for (const name of Object.keys(env)) {
    if (name.startsWith("KILOWATCH_") && !(name in SETTINGS)) {
      throw new StartupError(`${name} is not a setting. The settings are: ${Object.keys(SETTINGS).join(", ")}.`);
    }
  }
}
