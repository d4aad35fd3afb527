import { VirtualClock } from "../../domain/virtual-clock.ts";
import { type SeenRequest, type VendorAnswer, VirtualVendor } from "../../transport/virtual-vendor.ts";
import { PowerPClient, type PowerPOptions } from "./index.ts";

export const FROM = Date.UTC(2026, 10, 20);
export const HOUR_MS = 3_600_000;
export type Given = VendorAnswer | "cut" | "never";

export interface Stage {
  readonly clock: VirtualClock;
  readonly client: PowerPClient;
  /** Requests by method and path, without the base's. */
  readonly seen: (call: string) => readonly SeenRequest[];
}

/** A tenant that answers what `answers` says for `POST /v1/query` and the like, and 404 to anything else. */
export function open(
  answers: Readonly<Record<string, (request: SeenRequest, nth: number) => Given>>,
  options: Partial<PowerPOptions> = {},
): Stage {
  const clock = new VirtualClock();
  const seen: (SeenRequest & { readonly call: string })[] = [];
  const all: typeof answers = {
    "POST /v1/auth/token": () => json({ accessToken: "a-token", expiresIn: 3600 }),
    ...answers,
  };
  const dispatcher = new VirtualVendor({
    clock,
    answer: (request) => {
      const call = `${request.method} ${request.target.replace(/^\/rt-api\/api/, "")}`;
      const nth = seen.filter((other) => other.call === call).length;
      seen.push({ ...request, call });
      return all[call]?.(request, nth) ?? { status: 404, body: '{"code":"not_found","detail":"no such path"}' };
    },
  });
  const client = new PowerPClient({
    baseUrl: "https://tenant.example/rt-api/api/",
    clientId: "an-id",
    clientSecret: "a-secret",
    clock,
    random: () => 0.5,
    dispatcher,
    ...options,
  });
  return { clock, client, seen: (call) => seen.filter((request) => request.call === call) };
}

export function json(body: unknown, status = 200): VendorAnswer {
  return { status, body: JSON.stringify(body) };
}

export interface Body {
  readonly measurementIndexes: readonly string[];
  readonly startTime: string;
  readonly endTime: string;
  readonly selector?: unknown;
  readonly streamKeys?: readonly string[];
  readonly explain?: boolean;
}
export const bodyOf = (request: SeenRequest): Body => JSON.parse(request.body) as Body;

/** One point a minute of every signal that a query asks for. */
export function minutes(request: SeenRequest): VendorAnswer {
  const { measurementIndexes, startTime, endTime } = bodyOf(request);
  const rows: object[] = [];
  const firstMs = Math.ceil(Date.parse(startTime) / 60_000) * 60_000;
  for (let timeMs = firstMs; timeMs <= Date.parse(endTime); timeMs += 60_000) {
    for (const index of measurementIndexes)
      rows.push({ index, timestamp: new Date(timeMs).toISOString(), value: timeMs / 60_000 });
  }
  return json(rows);
}

export async function all<T>(stage: Stage, reading: AsyncGenerator<T, void, undefined>): Promise<T[]> {
  const batches: T[] = [];
  await stage.clock.run(
    (async () => {
      for await (const batch of reading) batches.push(batch);
    })(),
  );
  return batches;
}

export const indexes = (count: number): string[] => Array.from({ length: count }, (_, number) => String(1001 + number));
export const hours = (count: number, signals = 20) => ({
  databaseId: 123,
  indexes: indexes(signals),
  fromMs: FROM,
  toMs: FROM + count * HOUR_MS,
});
