/** What a server says of itself to those who run it: where it keeps what, and never a secret or an address with a password in it. */
export interface Installation {
  readonly startedAtMs: number;
  /** Absolute. */
  readonly dataFolder: string;
  readonly catalogue: "data folder" | "PostgreSQL";
  readonly readings: "data folder" | "ClickHouse";
  /** The key of stored secrets: a file in the data folder, or a passphrase of the environment. */
  readonly secretKey: "data folder" | "passphrase";
}
