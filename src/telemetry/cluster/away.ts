import type { ClusterAddress } from "./address.ts";
import { ClickHouseException, meaningOf } from "./answers.ts";
import { NotClickHouse } from "./http.ts";

/** Why a server is not used. */
export interface AwayReason {
  /** One sentence for a person, without a secret. */
  readonly detail: string;
  /** Whether nothing but another set-up will help. */
  readonly isSetup: boolean;
}

export function reasonOf(error: unknown, { origin, database }: ClusterAddress): AwayReason {
  if (error instanceof NotClickHouse) return { detail: error.message, isSetup: true };
  if (!(error instanceof ClickHouseException)) return { detail: (error as Error).message, isSetup: false };
  const server = `The ClickHouse server at ${origin}`;
  switch (meaningOf(error.code)) {
    case "not-let-in":
      return {
        detail: `${server} does not accept the user name or the password in KILOWATCH_TELEMETRY_URL.`,
        isSetup: true,
      };
    case "not-allowed":
      return {
        detail: `The user in KILOWATCH_TELEMETRY_URL may not use the database ${database} of the ClickHouse server at ${origin} (${error.message}): make the database, and let the user create and change tables in it.`,
        isSetup: true,
      };
    case "passes":
      return { detail: `${server} is busy (${error.message}).`, isSetup: false };
    case "gone":
    case "refused":
      return { detail: `${server} cannot be used (${error.message}).`, isSetup: true };
  }
}
