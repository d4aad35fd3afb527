import { z } from "zod";
import { ACTIVE_POWER } from "../../domain/metric.ts";
import type { SeenRequest, VendorAnswer } from "../../transport/virtual-vendor.ts";
import { type PlayedVendor, type Purpose, pastTimes, type VendorHarness } from "../contract-scene.ts";
import type { VendorAccount } from "../vendor.ts";
import { PowerPClient, powerP } from "./index.ts";

const CLIENT_ID = "client-of-the-contract-suite";
const SECRET = "a-secret of/the+contract=suite";
const WRONG_SECRET = "another-secret-that-is-wrong";
const TOKEN_LIFETIME_S = 3600;
const DATABASE_ID = 123;
/** As many as the suite asks for. */
const SIGNALS = 1_200;
const FIRST_INDEX = 1_001;

/** As the vendor's first document has it; a form is none. */
const LOGIN_BODY = JSON.stringify({ clientId: CLIENT_ID, clientSecret: SECRET });
const Query = z.strictObject({
  databaseId: z.literal(DATABASE_ID),
  measurementIndexes: z.array(z.string()).min(1).max(20),
});
const PastQuery = Query.extend({ startTime: z.iso.datetime(), endTime: z.iso.datetime(), aggFunction: z.string() });
const RAW_WINDOW_MS = 1_800_000;

/** PowerP for the contract suite: a tenant without v2 that takes the token call as JSON, with so many signals. */
export function powerPHarness(signals: number = SIGNALS): VendorHarness {
  const measurements = measurementsText(signals);
  return {
    definition: powerP,
    credential: { clientId: CLIENT_ID, clientSecret: SECRET },
    wrongCredential: { clientId: CLIENT_ID, clientSecret: WRONG_SECRET },
    secrets: ({ clientSecret = "" }) => [clientSecret],
    open: ({ credential, ...account }: VendorAccount, dispatcher) =>
      new PowerPClient({
        ...account,
        clientId: credential["clientId"] ?? "",
        clientSecret: credential["clientSecret"] ?? "",
        dispatcher,
      }),
    device: (number) => `${DATABASE_ID}/${FIRST_INDEX + number}`,
    metrics: [ACTIVE_POWER],
    listed: signals,
    tokenLifetimeMs: TOKEN_LIFETIME_S * 1000,
    signsTime: false,
    play: () => new PlayedPowerP(measurements),
    unauthorised: { status: 401, body: '{"code":"unauthorized","detail":"no valid token"}' },
    tooMany: { status: 429, body: '{"code":"too_many_requests"}' },
    history: {
      metric: ACTIVE_POWER,
      refusal: () => ({ status: 404, body: '{"code":"unknown_signal"}' }),
    },
  };
}

class PlayedPowerP implements PlayedVendor {
  readonly #given: string[] = [];
  readonly #measurements: string;
  #valid = new Map<string, number>();

  constructor(measurements: string) {
    this.#measurements = measurements;
  }

  purposeOf({ target }: SeenRequest): Purpose {
    if (target === "/base/v1/auth/token") return "login";
    return /^\/base\/v1\/query(\/latest)?$/.test(target) ? "devices" : "lookup";
  }

  isAuthentic(request: SeenRequest, vendorMs: number): boolean {
    if (this.purposeOf(request) === "login") {
      return request.method === "POST" && request.body === LOGIN_BODY;
    }
    const shown = request.headers["authorization"] ?? "";
    return shown.startsWith("Bearer ") && (this.#valid.get(shown.slice("Bearer ".length)) ?? 0) > vendorMs;
  }

  proof(): undefined {
    return undefined;
  }

  asked({ body }: SeenRequest): readonly string[] {
    return z
      .looseObject(Query.shape)
      .parse(JSON.parse(body))
      .measurementIndexes.map((index) => `${DATABASE_ID}/${index}`);
  }

  answer(request: SeenRequest, vendorMs: number): VendorAnswer {
    switch (this.purposeOf(request)) {
      case "login":
        return this.#login(vendorMs);
      case "lookup":
        return this.#lookup(request.target);
      case "devices":
        return request.target.endsWith("/latest")
          ? { status: 200, body: JSON.stringify(this.#points(request, vendorMs)) }
          : this.#past(request);
    }
  }

  revokeTokens(): void {
    this.#valid = new Map();
  }

  tokens(): readonly string[] {
    return this.#given;
  }

  #lookup(target: string): VendorAnswer {
    if (target === "/base/v1/measurements") return { status: 200, body: this.#measurements };
    if (target === "/base/v1/databases") return { status: 200, body: `[{"id":${DATABASE_ID},"name":"Hydro"}]` };
    return { status: 404, body: '{"code":"not_found"}' };
  }

  #login(vendorMs: number): VendorAnswer {
    const token = `token/${this.#given.length}/+=`;
    this.#given.push(token);
    this.#valid.set(token, vendorMs + TOKEN_LIFETIME_S * 1000);
    return { status: 200, body: JSON.stringify({ accessToken: token, expiresIn: TOKEN_LIFETIME_S }) };
  }

  #past({ body }: SeenRequest): VendorAnswer {
    const { measurementIndexes, startTime, endTime } = PastQuery.parse(JSON.parse(body));
    const [fromMs, toMs] = [Date.parse(startTime), Date.parse(endTime)];
    if (!(toMs - fromMs < RAW_WINDOW_MS)) return { status: 400, body: '{"code":"raw_window_too_long"}' };
    const timestamps = pastTimes(fromMs, toMs, 60_000).map((timeMs) => new Date(timeMs).toISOString());
    const points = measurementIndexes.flatMap((index) =>
      timestamps.map((timestamp) => ({ index, timestamp, value: 3.24 })),
    );
    return { status: 200, body: JSON.stringify(points) };
  }

  #points(request: SeenRequest, vendorMs: number): unknown {
    const { measurementIndexes } = Query.parse(JSON.parse(request.body));
    const timestamp = new Date(vendorMs - 400).toISOString();
    return measurementIndexes.map((index) => ({ index, timestamp, value: 3.24 }));
  }
}

function measurementsText(signals: number): string {
  const rows = Array.from({ length: signals }, (_, number) => ({
    id: number,
    databaseId: DATABASE_ID,
    name: `Unit ${number} active power`,
    tag: `S1.U${number}.active_power`,
    index: String(FIRST_INDEX + number),
    dataType: "float",
    unitSymbol: "MW",
  }));
  return JSON.stringify(rows);
}
