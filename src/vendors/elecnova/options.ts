import type { Dispatcher } from "undici";
import type { Clock } from "../../domain/clock.ts";
import type { CallEvents, CallOptions } from "../../transport/caller.ts";
import type { Limiter } from "../../transport/limiter.ts";
import type { QualityIssue } from "../vendor.ts";
import type { ApiProfile } from "./auth.ts";
import type { LiveEvents } from "./live-batch.ts";
import type { LiveDecoder } from "./live-decoder.ts";
import type { TopicMode } from "./wire.ts";

export const BASE_URL = "https://api.elecnova.com";
/** Interface document v1.3.1. */
export const MQTT_PORT = 1884;
export interface ElecnovaOptions {
  /** Default `BASE_URL`. http or https, with or without a path and a last slash. */
  readonly baseUrl?: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Default `live`. */
  readonly apiProfile?: ApiProfile | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly events?: CallEvents | undefined;
  /** True after a restart: the vendor may have seen requests of the last process a moment ago. Ignored beside `limiter`. */
  readonly budgetSpent?: boolean | undefined;
  /** For each attempt, and for the broker's greeting. Default 30 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** Sends the requests; given by tests and proxies. */
  readonly dispatcher?: Dispatcher | undefined;
  /** One budget for several clients of one client id. */
  readonly limiter?: Limiter | undefined;
  /** mqtts, or mqtt on this machine. Default: mqtts, the base URL's host, port `MQTT_PORT`. */
  readonly mqttUrl?: string | undefined;
  /** Certificates (PEM) that sign the broker's, where the machine's own list does not. */
  readonly mqttCa?: string | undefined;
  /** Default `decodePoints`. */
  readonly liveDecoder?: LiveDecoder | undefined;
}

export interface ReadOptions extends Pick<CallOptions, "signal" | "lane"> {}

export interface CabinetsOptions extends ReadOptions {
  /** Cabinets a request, 1 to `PAGE_SIZE_MAX`. Default `PAGE_SIZE_MAX`. */
  readonly pageSize?: number | undefined;
  /** Told of rows that hold no cabinet. */
  readonly onIssue?: ((issue: QualityIssue) => void) | undefined;
}

export interface PvEnergyOptions extends ReadOptions {
  /** IANA name of the zone that the cabinet's days are in; asked of the vendor when absent. */
  readonly timeZone?: string | undefined;
}

export interface LiveOptions extends ReadOptions {
  /** One topic for a cabinet, or one for each of its components. Default `cabinet`. */
  readonly mode?: TopicMode | undefined;
  readonly events?: LiveEvents | undefined;
  /** Attempts in a row that may fail to connect before the last error is thrown. Default: no end. */
  readonly attemptsMax?: number | undefined;
}
