import { VirtualClock } from "../domain/virtual-clock.ts";
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
  /** Whether the request proves `credential`. */
  isAuthentic(request: SeenRequest): boolean;
  /** What differs between two attempts of one call; undefined when an attempt carries no proof of its own. */
  proof(request: SeenRequest): string | undefined;
  /** The devices that a request asks for. */
  asked(request: SeenRequest): readonly string[];
  /** The right answer for devices that are all well. */
  answer(devices: readonly string[], wallMs: number): VendorAnswer;
  readonly unauthorised: VendorAnswer;
  readonly tooMany: VendorAnswer;
}

export type Behaviour = (request: SeenRequest) => VendorAnswer | "cut" | "never" | undefined;

export interface Scene {
  readonly clock: VirtualClock;
  readonly network: VirtualVendor;
  readonly client: VendorClient;
  readonly refusals: () => number;
}

export interface SceneOptions {
  /** Overrides the right answer where it gives one. */
  readonly behaviour?: Behaviour;
  readonly delays?: () => { requestMs: number; answerMs: number };
  readonly credential?: Record<string, string>;
  readonly budgetSpent?: boolean;
}

/** Opens a client on a vendor that forgives nothing. */
export function openScene(harness: VendorHarness, options: SceneOptions): Scene {
  const { budgets } = harness.definition.limits;
  const { behaviour = () => undefined, credential = harness.credential, delays, budgetSpent = false } = options;
  const clock = new VirtualClock();
  const accepted: number[] = [];
  let refusals = 0;
  const network = new VirtualVendor({
    clock,
    ...(delays ? { delays } : {}),
    answer: (request) => {
      const { seenAtMs, wallMs } = request;
      if (budgets.some(({ requests, perMs }) => accepted.filter((at) => at + perMs > seenAtMs).length >= requests)) {
        refusals++;
        return harness.tooMany;
      }
      accepted.push(seenAtMs);
      if (!harness.isAuthentic(request)) return behaviour(request) ?? harness.unauthorised;
      return behaviour(request) ?? harness.answer(harness.asked(request), wallMs);
    },
  });
  const account = { baseUrl: "https://vendor.example/base/", credential, clock, random: () => 0.5, budgetSpent };
  return { clock, network, client: harness.open(account, network), refusals: () => refusals };
}

/** One whole sweep. */
export async function sweepAll(
  { client }: Scene,
  devices: readonly string[],
  signal?: AbortSignal,
): Promise<LatestBatch[]> {
  const batches: LatestBatch[] = [];
  for await (const batch of client.readLatest(devices, signal)) batches.push(batch);
  return batches;
}
