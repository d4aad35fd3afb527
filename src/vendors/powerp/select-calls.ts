import { z } from "zod";
import { VendorRefused } from "../../transport/errors.ts";
import { TokenCache } from "../../transport/token-cache.ts";
import { loneFailure } from "../lone-failure.ts";
import type { CallHow, PowerPAccount } from "./account.ts";
import { NO_POINTS, wireId } from "./point-calls.ts";
import { StreamDecoder } from "./point-decoder.ts";
import type { AskedTimes } from "./point-sink.ts";
import type { SelectBatch, SelectPiece, StreamOutcome } from "./points.ts";
import { isVendorsChoice, type SelectQuery, selectBody } from "./selection.ts";
import {
  type DatabaseId,
  type QueryFacts,
  SELECT_LATEST_PATH,
  SELECT_PATH,
  type SelectBody,
  type Selector,
  Vocabulary,
  vocabularyPath,
} from "./wire.ts";

/** `v1`: never ask v2. `v2`: take it as there. `auto`: find out. */
export type ApiChoice = "auto" | "v1" | "v2";

export type Streams = Omit<StreamOutcome, "failure">;

/** Statuses by which a tenant says that it has no such call. */
const ABSENT_STATUSES: readonly (number | null)[] = [400, 404, 405, 410];
/** The code of one that has the call, and not the database. */
const NO_DATABASE_CODE = /database|bucket/i;
/** How long what was found out about a database holds. */
const CAPABILITY_LIFETIME_MS = 86_400_000;

/** The newest values of the signals that a selector selects. */
export interface LatestSelection {
  readonly databaseId: DatabaseId;
  readonly selector: Selector;
  /** As `SelectQuery.decode`. */
  readonly decode?: boolean | undefined;
}

/** The calls of v2, and whether there are any. */
export class SelectCalls {
  readonly #account: PowerPAccount;
  readonly #api: ApiChoice;
  /** By database, since an unknown database is a 404 too. */
  readonly #capabilities = new Map<string, TokenCache<boolean>>();

  constructor(account: PowerPAccount, api: ApiChoice) {
    this.#account = account;
    this.#api = api;
  }

  /** Whether v2 answers for a database: asked once a day at most. @throws VendorError */
  available(databaseId: DatabaseId, { signal, lane }: CallHow): Promise<boolean> {
    if (this.#api !== "auto") return Promise.resolve(this.#api === "v2");
    let capability = this.#capabilities.get(String(databaseId));
    if (!capability) {
      capability = new TokenCache({
        clock: this.#account.clock,
        refreshEarlyMs: 0,
        fetch: async (stop) => ({
          token: await this.#answers(databaseId, { signal: stop, lane }),
          lifetimeMs: CAPABILITY_LIFETIME_MS,
        }),
      });
      this.#capabilities.set(String(databaseId), capability);
    }
    return capability.get(signal);
  }

  /** @throws VendorError */
  vocabulary(databaseId: DatabaseId, how: CallHow): Promise<Vocabulary> {
    return this.#account.get(vocabularyPath(databaseId), Vocabulary, how);
  }

  /** What the vendor would do for a query; it reads no points. @throws VendorError */
  async explain(query: SelectQuery, how: CallHow): Promise<QueryFacts> {
    const { fromMs, toMs, streamKeys = null } = query;
    const body = { ...selectBody(query, { fromMs, toMs, streamKeys }), explain: true };
    const { query: facts } = await this.#ask(SELECT_PATH, body, query, null, how);
    // The decoder lets no answer without it pass.
    return facts!;
  }

  /** One call's worth of a selection. @throws VendorAuthRejected */
  async read(query: SelectQuery, piece: SelectPiece, how: CallHow): Promise<SelectBatch> {
    try {
      return {
        piece,
        ...(await this.#ask(SELECT_PATH, selectBody(query, piece), query, timesOf(query, piece), how)),
        failure: null,
      };
    } catch (error) {
      const failure = loneFailure(error);
      return { piece, ...NO_POINTS, streams: [], decoded: null, query: null, failure };
    }
  }

  /** @throws VendorError */
  latest(of: LatestSelection, how: CallHow): Promise<Streams> {
    const { databaseId, selector, decode } = of;
    const body: SelectBody = {
      databaseId: wireId(databaseId),
      selector,
      ...(decode === undefined ? {} : { decode }),
    };
    return this.#ask(SELECT_LATEST_PATH, body, of, null, how);
  }

  async #ask(
    path: string,
    body: SelectBody,
    of: LatestSelection | SelectQuery,
    times: AskedTimes | null,
    how: CallHow,
  ): Promise<Streams> {
    const { databaseId, decode = false } = of;
    const { redact } = this.#account;
    const decoder = (): StreamDecoder => new StreamDecoder({ databaseId, times, redact, decode });
    return (await this.#account.stream(path, body, decoder, how)).value;
  }

  async #answers(databaseId: DatabaseId, how: CallHow): Promise<boolean> {
    try {
      await this.#account.get(vocabularyPath(databaseId), z.looseObject({}), how);
      return true;
    } catch (error) {
      const refused = error instanceof VendorRefused && !NO_DATABASE_CODE.test(error.code ?? "");
      if (refused && ABSENT_STATUSES.includes(error.status)) return false;
      throw error;
    }
  }
}

/** Windows that the vendor chooses begin where it chooses. */
function timesOf(query: SelectQuery, { fromMs, toMs }: SelectPiece): AskedTimes | null {
  return isVendorsChoice(query) ? null : { fromMs, toMs, windowMs: query.windowMs ?? null };
}
