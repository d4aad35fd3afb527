import { z } from "zod";

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

const TELEMETRY_URL = "must look like http://user:password@host:8123/database (or https)";
const DATABASE = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** Of a URL that names none. */
const DEFAULT_DATABASE = "kilowatch";

/** A ClickHouse server's address. */
export const telemetryUrl = z.string().transform((text, context): TelemetryServer => {
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

/** A PostgreSQL server's address. */
export const catalogueUrl = z.string().transform((text, context): CatalogueServer => {
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
