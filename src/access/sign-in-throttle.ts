import { createHash } from "node:crypto";
import type { Clock } from "../domain/clock.ts";
import { TooManyRequests } from "../domain/errors.ts";
import { clientOf } from "./client-address.ts";
import { FailureCounts, type FailureLimits } from "./failure-counts.ts";
import type { KnownDevices } from "./known-devices.ts";

/** Wrong passwords until the first wait, and how many of each are remembered. */
export const THROTTLE_LIMITS = {
  /** Of an account, by a browser that has signed in to it. */
  device: { freeMax: 10, keysMax: 10_000 },
  /** Of an account, from one client address. */
  pair: { freeMax: 5, keysMax: 50_000 },
  /** Of any accounts, from one client address. */
  address: { freeMax: 20, keysMax: 50_000 },
  /** Of an account, by all strangers together. */
  account: { freeMax: 20, keysMax: 50_000 },
  /** Wrong printed codes, from one client address. */
  code: { freeMax: 5, keysMax: 10_000 },
} as const satisfies Record<string, FailureLimits>;

/** Addresses that have signed in, remembered until a restart; beyond, the one that did so least recently is forgotten. */
export const KNOWN_ADDRESSES_MAX = 10_000;

/** Where a sign-in comes from. */
export interface SignInOrigin {
  /** IP address. */
  readonly address: string;
  /** The known-device token that the browser sent. */
  readonly device?: string | undefined;
}

/** One that was let through. It counts as failed from the start, so that many at once are no way around the limit. */
export interface SignInAttempt {
  /** Whether it comes from a browser or an address that has signed in to this account. */
  readonly isKnown: boolean;
  /** The password, or the code, was right. */
  succeed(): void;
  /** It was neither right nor wrong: it could not be looked at. */
  takeBack(): void;
}

interface Subject {
  readonly counts: FailureCounts;
  readonly key: string;
  /** Whether nobody else's failures are among these, so that a right password clears them. */
  readonly isOwn: boolean;
}

/**
 * Slows down whoever guesses passwords. Strangers are counted by account, by address and by both; a browser that has signed in to the
 * account is counted by itself, and an address that has is not counted with the strangers: whatever they do, the owner gets in.
 * An account that does not exist is counted like one that does.
 */
export class SignInThrottle {
  readonly #devices: KnownDevices;
  readonly #counts: Readonly<Record<keyof typeof THROTTLE_LIMITS, FailureCounts>>;
  /** Account and address, in the order of their last sign-in. */
  readonly #knownAddresses = new Set<string>();

  constructor(devices: KnownDevices, clock: Clock) {
    this.#devices = devices;
    const counts = (name: keyof typeof THROTTLE_LIMITS) => new FailureCounts(THROTTLE_LIMITS[name], clock);
    this.#counts = {
      device: counts("device"),
      pair: counts("pair"),
      address: counts("address"),
      account: counts("account"),
      code: counts("code"),
    };
  }

  /** What is remembered, in all. */
  get size(): number {
    return Object.values(this.#counts).reduce((sum, { size }) => sum + size, this.#knownAddresses.size);
  }

  /** @throws TooManyRequests while the asker has to wait; then the password must not be looked at. */
  beginPassword(email: string, origin: SignInOrigin): SignInAttempt {
    const account = accountOf(email);
    const client = clientOf(origin.address);
    const pair = pairOf(account, client);
    const device = this.#devices.find(account, origin.device);
    if (device !== undefined) return begin([{ counts: this.#counts.device, key: device, isOwn: true }], true);
    const isKnown = this.#knownAddresses.has(pair);
    const ofAddress = [
      { counts: this.#counts.pair, key: pair, isOwn: true },
      { counts: this.#counts.address, key: client, isOwn: false },
    ];
    const ofAccount = { counts: this.#counts.account, key: account, isOwn: false };
    return begin(isKnown ? ofAddress : [...ofAddress, ofAccount], isKnown);
  }

  /** The same for a printed code. @throws TooManyRequests */
  beginCode(origin: SignInOrigin): SignInAttempt {
    return begin([{ counts: this.#counts.code, key: clientOf(origin.address), isOwn: true }], false);
  }

  /** Remembers where an account has signed in from. Returns the token by which its browser is known from now on. */
  welcome(email: string, origin: SignInOrigin): string {
    const account = accountOf(email);
    const pair = pairOf(account, clientOf(origin.address));
    this.#knownAddresses.delete(pair);
    this.#knownAddresses.add(pair);
    const [oldest] = this.#knownAddresses;
    if (this.#knownAddresses.size > KNOWN_ADDRESSES_MAX && oldest !== undefined) this.#knownAddresses.delete(oldest);
    return this.#devices.issue(account);
  }
}

function begin(subjects: readonly Subject[], isKnown: boolean): SignInAttempt {
  const waitMs = Math.max(...subjects.map(({ counts, key }) => counts.waitMs(key)));
  if (waitMs > 0) {
    const waitS = Math.ceil(waitMs / 1_000);
    throw new TooManyRequests(`Too many sign-ins have failed: try again in ${waitS} s.`, waitS);
  }
  const taken = subjects.map((subject) => ({ ...subject, takeBack: subject.counts.add(subject.key) }));
  return {
    isKnown,
    succeed() {
      for (const { counts, key, isOwn, takeBack } of taken) {
        if (isOwn) counts.forget(key);
        else takeBack();
      }
    },
    takeBack() {
      for (const { takeBack } of taken) takeBack();
    },
  };
}

/** Of one length, however long the address is that was typed. */
function accountOf(email: string): string {
  return createHash("sha256").update(email.toLowerCase()).digest("base64url");
}

function pairOf(account: string, client: string): string {
  return `${account} ${client}`;
}
