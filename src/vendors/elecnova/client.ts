import type { z } from "zod";
import { isTimeZone } from "../../domain/calendar.ts";
import { type Clock, systemClock } from "../../domain/clock.ts";
import { Conflict } from "../../domain/errors.ts";
import { parseBaseUrl } from "../../transport/base-url.ts";
import { type Answer, Caller, type CallRequest, REQUEST_TIMEOUT_MS } from "../../transport/caller.ts";
import { VendorProtocolError } from "../../transport/errors.ts";
import { Limiter } from "../../transport/limiter.ts";
import { Session } from "../../transport/session.ts";
import { sweep } from "../sweep.ts";
import type { DiscoveredDevice, HistoryAnswer, HistoryWindow, LatestBatch, VendorClient } from "../vendor.ts";
import {
  checkedMonth,
  checkedMqttUrl,
  checkedPageSize,
  checkedRange,
  checkedSn,
  checkedYear,
  checkedZone,
} from "./asked.ts";
import { type ApiProfile, signer, TOKEN_LIFETIME_MS, TOKEN_REFRESH_EARLY_MS, tokenHeaders } from "./auth.ts";
import { type Cabinet, type CabinetWithComponents, toCabinet, toCabinetWithComponents } from "./cabinet.ts";
import { discoverAll } from "./discovery.ts";
import { readPvHistory } from "./history.ts";
import { latestBatch } from "./latest.ts";
import { LIMITS } from "./limits.ts";
import type { LiveBatch } from "./live-batch.ts";
import { decodePoints } from "./live-decoder.ts";
import type { LiveMemory } from "./live-memory.ts";
import {
  BASE_URL,
  type CabinetsOptions,
  type ElecnovaOptions,
  type LiveOptions,
  MQTT_PORT,
  type PvEnergyOptions,
  type ReadOptions,
} from "./options.ts";
import { type PvEnergy, type PvPower, toPvEnergy, toPvPower } from "./pv.ts";
import {
  type BusinessCall,
  CabinetAnswer,
  CabinetPage,
  LOGIN_PATH,
  Login,
  PAGE_SIZE_MAX,
  paths,
  SeriesAnswer,
  statusInside,
  statusInsideLogin,
  statusInsideUnwrapped,
  type TopicMode,
  TopicsAnswer,
} from "./wire.ts";
import { ZoneCache } from "./zones.ts";

/** Cabinets that one sweep asks for at once: enough to spend 100 requests a second while an answer takes 300 ms. */
const SWEEP_CABINETS_OPEN_MAX = 64;
/** Full pages in a row that bring no new cabinet before the list counts as ended: one may be, when cabinets move as it is read. */
const FRUITLESS_PAGES_MAX = 2;

/**
 * One account of Elecnova's ECO EMS cloud. Its budget belongs to the client id: open it once per process, or share a `limiter`.
 * Every method throws `VendorError`s, `InvalidInput` for what cannot be asked, and the signal's reason when that aborts.
 */
export class ElecnovaClient implements VendorClient {
  static readonly limits = LIMITS;

  readonly #options: ElecnovaOptions;
  readonly #clock: Clock;
  readonly #profile: ApiProfile;
  readonly #caller: Caller;
  readonly #session: Session<Login>;
  readonly #zones: ZoneCache;
  readonly #closing = new AbortController();
  readonly #mqttUrl: string;
  #liveMemory: LiveMemory | null = null;
  #live = false;

  /** Sends nothing yet. @throws InvalidInput when an address is none, or the broker's would show the password on its way */
  constructor(options: ElecnovaOptions) {
    const { clientId, clientSecret, apiProfile = "live", clock = systemClock, budgetSpent = false } = options;
    this.#options = options;
    const { baseUrl = BASE_URL } = options;
    this.#mqttUrl = checkedMqttUrl(options.mqttUrl ?? `mqtts://${parseBaseUrl(baseUrl).hostname}:${MQTT_PORT}`);
    this.#clock = clock;
    this.#profile = apiProfile;
    this.#zones = new ZoneCache(clock);
    this.#caller = new Caller({
      vendor: "Elecnova",
      baseUrl,
      limiter:
        options.limiter ?? new Limiter({ budgets: ElecnovaClient.limits.budgets, clock, spentAtStart: budgetSpent }),
      sign: signer(clientId, clientSecret, apiProfile),
      secrets: [clientSecret],
      clock,
      random: options.random,
      events: options.events,
      requestTimeoutMs: options.requestTimeoutMs,
      dispatcher: options.dispatcher,
    });
    this.#session = new Session({
      caller: this.#caller,
      clock,
      refreshEarlyMs: TOKEN_REFRESH_EARLY_MS,
      headers: (login) => tokenHeaders(login, apiProfile),
      secretsOf: ({ token, username, password }) => [token, username, password],
      login: async (signal) => {
        const request = {
          method: "GET",
          path: LOGIN_PATH,
          schema: Login,
          statusInside: statusInsideLogin,
          confidential: true,
        } as const;
        const { value } = await this.#caller.call(request, { signal });
        return { token: value, lifetimeMs: TOKEN_LIFETIME_MS };
      },
    });
  }

  /**
   * All cabinets of the account, each once. A page is asked for when the one before it is used up; when a cabinet is taken out of
   * the account meanwhile, one behind it may slip past.
   */
  async *cabinets(options: CabinetsOptions = {}): AsyncGenerator<Cabinet, void, undefined> {
    const { pageSize = PAGE_SIZE_MAX, onIssue } = options;
    checkedPageSize(pageSize);
    const known = new Set<string>();
    let fruitless = 0;
    for (let page = 1; ; page++) {
      const answer = await this.#ask({ path: paths.cabinets(page, pageSize), schema: CabinetPage }, options);
      const before = known.size;
      for (const row of answer.value) {
        const cabinet = toCabinet(row, this.#caller.redact);
        if ("kind" in cabinet) onIssue?.(cabinet);
        else if (!known.has(cabinet.sn)) {
          known.add(cabinet.sn);
          yield cabinet;
        }
      }
      fruitless = known.size === before ? fruitless + 1 : 0;
      // A vendor that does not stop at its last page would begin again for ever.
      if (answer.value.length < pageSize || fruitless === FRUITLESS_PAGES_MAX) return;
    }
  }

  /** One cabinet with its components. */
  async cabinet(sn: string, options: ReadOptions = {}): Promise<CabinetWithComponents> {
    return (await this.#cabinet(sn, options)).cabinet;
  }

  /** Every cabinet and its components: a request for each page of cabinets and one for each cabinet. */
  discover(signal?: AbortSignal): Promise<readonly DiscoveredDevice[]> {
    return discoverAll(this.cabinets({ signal }), (sn, stop) => this.cabinet(sn, { signal: stop }), signal);
  }

  /** The broker's topics of a cabinet. The vendor wants this asked before each connection to its broker. */
  async topics(sn: string, mode: TopicMode, options: ReadOptions = {}): Promise<readonly string[]> {
    const asked = checkedSn(sn);
    const method = this.#profile === "live" ? "GET" : "POST";
    const request = ({ id }: Login): CallRequest<z.infer<typeof TopicsAnswer>> => {
      return { method, path: paths.topics(id, asked, mode), schema: TopicsAnswer, statusInside: statusInsideUnwrapped };
    };
    const { value } = await this.#session.call(request, { signal: options.signal, lane: options.lane });
    return [...new Set(value.map(({ topic }) => topic))];
  }

  /** PV power of every 5 minutes of `[fromMs, toMs)`, epoch ms. */
  async pvPower(
    sn: string,
    range: { readonly fromMs: number; readonly toMs: number },
    options: ReadOptions = {},
  ): Promise<PvPower> {
    const { begin, end } = checkedRange(range);
    const request = { path: paths.pvPower(checkedSn(sn), begin, end), schema: SeriesAnswer, statusInside };
    const { value, receivedAtMs } = await this.#ask(request, options);
    return toPvPower(sn, value.data, receivedAtMs, this.#caller.redact);
  }

  /** PV energy of the past 7 days, by the cabinet's own days. */
  async pvEnergyDaily(sn: string, options: PvEnergyOptions = {}): Promise<PvEnergy> {
    return this.#pvEnergy(sn, paths.pvEnergyDaily(checkedSn(sn)), "day", options);
  }

  /** PV energy of the days of a month (`YYYY-MM`), by the cabinet's own days. */
  async pvEnergyMonthly(sn: string, month: string, options: PvEnergyOptions = {}): Promise<PvEnergy> {
    return this.#pvEnergy(sn, paths.pvEnergyMonthly(checkedSn(sn), checkedMonth(month)), "day", options);
  }

  /** PV energy of the months of a year, by the cabinet's own months. */
  async pvEnergyYearly(sn: string, year: number, options: PvEnergyOptions = {}): Promise<PvEnergy> {
    return this.#pvEnergy(sn, paths.pvEnergyYearly(checkedSn(sn), checkedYear(year)), "month", options);
  }

  /**
   * What cabinets send to the vendor's broker, as it comes, over any number of reconnections. A message is acknowledged when the
   * next one is asked for; a consumer that lets one wait for more than a minute may cost a reconnection. The broker keeps the session (its id belongs to the account), so one stream at a time: name all cabinets.
   *
   * @throws Conflict while another stream of this client is open
   * @throws VendorAuthRejected when the broker refuses fresh credentials
   * @throws VendorRefused when the vendor has no topic for any of the cabinets
   */
  async *live(sns: readonly string[], options: LiveOptions = {}): AsyncGenerator<LiveBatch, void, undefined> {
    const cabinets = [...new Set(sns.map(checkedSn))];
    if (this.#live) throw new Conflict("A live stream of this client is open already: name all cabinets in one.");
    this.#live = true;
    try {
      const { mode = "cabinet", lane } = options;
      // The MQTT library takes longer to load than all else together, and few programs want it.
      const { LiveMemory, readLive } = await import("./live.ts");
      this.#liveMemory ??= new LiveMemory();
      yield* readLive({
        cabinets,
        clock: this.#clock,
        random: this.#options.random ?? Math.random,
        session: this.#session,
        topics: (sn, signal) => this.topics(sn, mode, { signal, lane }),
        url: this.#mqttUrl,
        ca: this.#options.mqttCa,
        connectTimeoutMs: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        decoder: this.#options.liveDecoder ?? decodePoints,
        memory: this.#liveMemory,
        events: options.events ?? {},
        attemptsMax: options.attemptsMax ?? Number.POSITIVE_INFINITY,
        signals: [options.signal, this.#closing.signal],
      });
    } finally {
      this.#live = false;
    }
  }

  /** Whether each cabinet is online, and its latest PV power of the last half hour, in two requests a cabinet. */
  readLatest(sns: readonly string[], signal?: AbortSignal): AsyncGenerator<LatestBatch, void, undefined> {
    return sweep({
      devices: sns,
      devicesPerBatch: ElecnovaClient.limits.devicesPerBatch,
      openMax: SWEEP_CABINETS_OPEN_MAX,
      signal,
      read: (asked, stop) =>
        latestBatch(asked, {
          token: () => this.#session.token(stop),
          cabinet: (sn) => this.#cabinet(sn, { signal: stop }),
          pvPower: (sn, range) => this.pvPower(sn, range, { signal: stop }),
          nowMs: () => Math.trunc(this.#clock.nowMs()),
          redact: this.#caller.redact,
        }),
    });
  }

  /** PV power of one cabinet, of up to a day, in one request. */
  async readHistory(window: HistoryWindow, how: ReadOptions = {}): Promise<HistoryAnswer> {
    return readPvHistory(window, (sn) => this.pvPower(sn, window, how));
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException("The Elecnova client was closed.", "AbortError"));
    await this.#caller.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask<T>(request: BusinessCall<T>, { signal, lane }: ReadOptions): Promise<Answer<T>> {
    return this.#session.call({ method: "GET", statusInside: statusInsideUnwrapped, ...request }, { signal, lane });
  }

  async #cabinet(sn: string, options: ReadOptions): Promise<{ cabinet: CabinetWithComponents; receivedAtMs: number }> {
    const request = { path: paths.cabinet(checkedSn(sn)), schema: CabinetAnswer };
    const { value, receivedAtMs } = await this.#ask(request, options);
    const cabinet = toCabinetWithComponents(value, this.#caller.redact);
    const { timeZone } = cabinet;
    // Judging a name is slow, and it is nearly always the one that is known.
    if (timeZone !== null && (timeZone === this.#zones.get(sn) || isTimeZone(timeZone))) this.#zones.keep(sn, timeZone);
    return { cabinet, receivedAtMs };
  }

  async #pvEnergy(sn: string, path: string, unit: "day" | "month", options: PvEnergyOptions): Promise<PvEnergy> {
    const timeZone = options.timeZone === undefined ? await this.#zone(sn, options) : checkedZone(options.timeZone);
    const { value, receivedAtMs } = await this.#ask({ path, schema: SeriesAnswer, statusInside }, options);
    return toPvEnergy(sn, unit, value.data, timeZone, receivedAtMs, this.#caller.redact);
  }

  async #zone(sn: string, options: ReadOptions): Promise<string> {
    const kept = this.#zones.get(sn);
    if (kept !== null) return kept;
    await this.#cabinet(sn, options);
    const timeZone = this.#zones.get(sn);
    if (timeZone !== null) return timeZone;
    const facts = { status: null, attempts: 1, requestId: null, body: null };
    throw new VendorProtocolError("Elecnova names no time zone for the cabinet: give one.", facts);
  }
}
