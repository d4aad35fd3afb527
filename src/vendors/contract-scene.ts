import type { MetricTemplate } from "../domain/metric.ts";
import { settleTicks, VirtualClock } from "../domain/virtual-clock.ts";
import { type SeenRequest, type VendorAnswer, VirtualVendor } from "../transport/virtual-vendor.ts";
import type { LatestBatch, VendorAccount, VendorClient, VendorDefinition } from "./vendor.ts";

/** What the suite must know of a vendor to play it. Nothing here may use the client's own signing or mapping. */
export interface VendorHarness {
  readonly definition: VendorDefinition;
  readonly credential: Record<string, string>;
  readonly wrongCredential: Record<string, string>;
  /** The parts of a credential that must show nowhere. */
  secrets(credential: Record<string, string>): readonly string[];
  /** As `definition.open`, over the given network. */
  open(account: VendorAccount, network: VirtualVendor): VendorClient;
  /** The vendor's id of the device with this number, from 0. */
  device(number: number): string;
  /** What each device brings while all is well. */
  readonly metrics: readonly MetricTemplate[];
  /** How long a login holds, ms; null for a vendor without logins. */
  readonly tokenLifetimeMs: number | null;
  /** Whether requests are signed with a time. */
  readonly signsTime: boolean;
  /** A vendor that nobody has called yet. */
  play(): PlayedVendor;
  /** How many devices that can be polled its list has, by their numbers from 0; absent for a vendor that lists none. */
  readonly listed?: number;
  readonly unauthorised: VendorAnswer;
  readonly tooMany: VendorAnswer;
  /** Of a vendor whose past can be asked for. Its past holds what `pastTimes` says. */
  readonly history?: {
    /** The metric of each value of the past. */
    readonly metric: MetricTemplate;
    /** How the vendor says that it understood and will not tell. */
    readonly refusal: (devices: readonly string[]) => VendorAnswer;
  };
}

/** A played vendor keeps nothing that is older, epoch ms. */
export const PAST_FROM_MS = Date.UTC(2026, 4, 1);

/** The times of a played vendor's values: every multiple of `everyMs`. Its end is inclusive, as no contract says that it is not. */
export function pastTimes(fromMs: number, toMs: number, everyMs: number): number[] {
  const times: number[] = [];
  for (let timeMs = Math.ceil(fromMs / everyMs) * everyMs; timeMs <= toMs; timeMs += everyMs) {
    if (timeMs >= PAST_FROM_MS) times.push(timeMs);
  }
  return times;
}

/** What a request is for: a login, something that is asked once and kept, or values of devices. */
export type Purpose = "login" | "lookup" | "devices";

/** One vendor for one scene, with the tokens that it has given. */
export interface PlayedVendor {
  purposeOf(request: SeenRequest): Purpose;
  /** Whether the request proves the harness's credential at that time of the vendor's clock, epoch ms. */
  isAuthentic(request: SeenRequest, vendorMs: number): boolean;
  /** What differs between two attempts of one call; undefined when an attempt carries no proof of its own. */
  proof(request: SeenRequest): string | undefined;
  /** The devices that a request for values asks for. */
  asked(request: SeenRequest): readonly string[];
  /** The right answer when all is well, by the vendor's clock. */
  answer(request: SeenRequest, vendorMs: number): VendorAnswer;
  /** No token that was given holds any longer. */
  revokeTokens(): void;
  /** What logins have brought that must show nowhere. */
  tokens(): readonly string[];
}

export type Behaviour = (
  request: SeenRequest,
  purpose: Purpose,
  /** Counts from 0, apart for each purpose. */
  nth: number,
) => VendorAnswer | "cut" | "never" | undefined;

export interface Scene {
  readonly clock: VirtualClock;
  readonly network: VirtualVendor;
  readonly vendor: PlayedVendor;
  readonly client: VendorClient;
  /** The requests of a purpose so far. */
  seen(purpose: Purpose): readonly SeenRequest[];
  readonly refusals: () => number;
  /** Lets go of the requests so far, for scenes that last. */
  forget(): void;
}

export interface SceneOptions {
  /** Overrides the right answer where it gives one. */
  readonly behaviour?: Behaviour;
  readonly delays?: () => { requestMs: number; answerMs: number };
  readonly credential?: Record<string, string>;
  readonly budgetSpent?: boolean;
  /** How far the vendor's clock is ahead of ours, ms. */
  readonly vendorAheadMs?: number;
}

/** Opens a client on a vendor that forgives nothing. */
export function openScene(harness: VendorHarness, options: SceneOptions): Scene {
  const { budgets } = harness.definition.limits;
  const { behaviour = () => undefined, credential = harness.credential, delays } = options;
  const { budgetSpent = false, vendorAheadMs = 0 } = options;
  const clock = new VirtualClock(undefined, settleTicks);
  // The vendor's clock goes its own way when ours is set.
  const vendorStartMs = clock.nowMs() + vendorAheadMs;
  const vendor = harness.play();
  const accepted: number[] = [];
  const seen: Record<Purpose, SeenRequest[]> = { login: [], lookup: [], devices: [] };
  let refusals = 0;

  const answer = (request: SeenRequest, vendorMs: number): VendorAnswer | "cut" | "never" => {
    const { seenAtMs } = request;
    const purpose = vendor.purposeOf(request);
    const nth = seen[purpose].push(request) - 1;
    if (isTooMany(seenAtMs)) {
      refusals++;
      return harness.tooMany;
    }
    accepted.push(seenAtMs);
    const authentic = vendor.isAuthentic(request, vendorMs);
    return behaviour(request, purpose, nth) ?? (authentic ? vendor.answer(request, vendorMs) : harness.unauthorised);
  };
  const isTooMany = (seenAtMs: number): boolean =>
    budgets.some(({ requests, perMs }) => (accepted.at(-requests) ?? Number.NEGATIVE_INFINITY) + perMs > seenAtMs);

  const network = new VirtualVendor({
    clock,
    ...(delays ? { delays } : {}),
    answer: (request) => {
      const vendorMs = vendorStartMs + request.seenAtMs;
      const given = answer(request, vendorMs);
      if (typeof given === "string") return given;
      return { ...given, headers: { date: new Date(vendorMs).toUTCString(), ...given.headers } };
    },
  });
  const account = { baseUrl: "https://vendor.example/base/", credential, clock, random: () => 0.5, budgetSpent };
  const client = harness.open(account, network);
  return {
    clock,
    network,
    vendor,
    client,
    seen: (purpose) => seen[purpose],
    refusals: () => refusals,
    forget() {
      for (const requests of [network.seen, ...Object.values(seen)]) requests.length = 0;
    },
  };
}

/** One whole sweep. */
export async function sweepAll(
  { client }: Pick<Scene, "client">,
  devices: readonly string[],
  signal?: AbortSignal,
): Promise<LatestBatch[]> {
  const batches: LatestBatch[] = [];
  for await (const batch of client.readLatest(devices, signal)) batches.push(batch);
  return batches;
}

/** The vendor's ids of the first so many devices. */
export function fleetOf(harness: VendorHarness, devices: number): string[] {
  return Array.from({ length: devices }, (_, index) => harness.device(index));
}

/** So many batches that the limit holds up the last. */
export function manyBatchesOf({ definition }: VendorHarness): number {
  return 30 * Math.ceil(Math.max(...definition.limits.budgets.map(({ requests }) => requests)) / 10);
}
