/** Where a PostgreSQL database is and who asks. `config.ts` reads it from KILOWATCH_CATALOGUE_URL. */
export interface PostgresAddress {
  /** A name, an address, or the folder of a Unix socket (it begins with a slash). */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  /** Goes into the sign-in with the server, and nowhere else. Empty for a server that asks for none. */
  readonly password: string;
  /**
   * As libpq's `sslmode`: `disable` sends everything in the clear, `require` encrypts without asking who answers, `verify-full`
   * also wants a certificate that is trusted and names the host.
   */
  readonly tls: "disable" | "require" | "verify-full";
}

/** The database without its secret, for messages. */
export function placeOf({ host, port, database }: PostgresAddress): string {
  return `database "${database}" of the PostgreSQL server at ${host.includes(":") ? `[${host}]` : host}:${port}`;
}
