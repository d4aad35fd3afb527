/** Where a ClickHouse server is and who asks. `config.ts` reads it from KILOWATCH_TELEMETRY_URL. */
export interface ClusterAddress {
  /** `http://host:8123` or `https://host:8443`; it holds no secret and stands in messages. */
  readonly origin: string;
  /** Letters, digits and underscores, so that it may stand in SQL. */
  readonly database: string;
  readonly username: string;
  /** Goes into a header, and nowhere else. */
  readonly password: string;
}
