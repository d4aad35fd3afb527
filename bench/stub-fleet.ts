import type { Device, Fleet, FleetDevice, Me, Metric, Series, Site } from "../web/src/lib/api/types.gen.ts";

/** An API of made-up answers, so that the pages alone are measured: a fleet of inverters on a few sites, one of them stale, some offline. */

const RATED_POWER_W = 10_000;
const STALE_EVERY = 97;
const OFFLINE_EVERY = 41;
const UNKNOWN_EVERY = 113;
const SITE_NAMES = ["Harbour halls", "North ridge", "Old mill", "Quarry field", "Station roof"];
const TIMEZONE = "Europe/Berlin";

export interface StubOptions {
  readonly devices: number;
  readonly me?: Me | null;
  readonly needsAdmin?: boolean;
  readonly connections?: Fleet["connections"];
}

export class StubFleet {
  readonly devices: FleetDevice[];
  readonly sites: Site[];
  readonly #options: StubOptions;

  constructor(options: StubOptions) {
    this.#options = options;
    const createdAt = "2026-01-01T00:00:00.000Z";
    this.sites = SITE_NAMES.map((name, i) => ({
      id: uuid(1, i),
      name,
      timezone: TIMEZONE,
      latitude: null,
      longitude: null,
      peakPowerW: null,
      createdAt,
    }));
    const nowMs = Date.now();
    this.devices = Array.from({ length: options.devices }, (_, i) => stubDevice(i, nowMs));
  }

  /** Answers as the API would; 404 for what it does not know. */
  respond(request: Request): Response {
    const url = new URL(request.url);
    const path = url.pathname.replace("/api/v1", "");
    if (request.method === "POST") return this.#post(path);
    if (path === "/me") {
      const { me } = this.#options;
      return me ? Response.json(me) : problem(401, "Nobody is signed in.");
    }
    if (path === "/setup") return Response.json({ needsAdmin: this.#options.needsAdmin ?? false });
    if (!this.#options.me) return problem(401, "Nobody is signed in.");
    if (path === "/fleet") return Response.json(this.#fleet());
    if (path === "/fleet/devices") return Response.json({ items: this.devices, nextCursor: null });
    if (path.startsWith("/sites/")) return found(this.sites.find(({ id }) => path === `/sites/${id}`));
    if (path.startsWith("/devices/")) return found(this.#device(path.slice("/devices/".length)));
    if (path.endsWith("/series")) return Response.json(series(url));
    return problem(404, "There is no such page.");
  }

  #post(path: string): Response {
    if (path === "/auth/login") return problem(401, "Not accepted.");
    if (path === "/auth/logout")
      return new Response(null, { status: 204, headers: { "set-cookie": "kilowatch_session=; Max-Age=0; Path=/" } });
    const user = { id: uuid(9, 0), email: "ada@example.org", name: "Ada" };
    const cookie = "kilowatch_session=stub; Path=/; HttpOnly; SameSite=Lax";
    return Response.json(
      { accessToken: "stub", expiresInS: 900, user },
      { status: 201, headers: { "set-cookie": cookie } },
    );
  }

  #fleet(): Fleet {
    const sum = (devices: readonly FleetDevice[]) => ({
      activePowerW: devices.reduce((total, { activePowerW }) => total + (activePowerW ?? 0), 0),
      ratedPowerW: devices.length * RATED_POWER_W,
      devices: {
        total: devices.length,
        online: devices.filter(({ status }) => status === "online").length,
        offline: devices.filter(({ status }) => status === "offline").length,
        unknown: devices.filter(({ status }) => status === "unknown").length,
      },
    });
    return {
      asOf: new Date().toISOString(),
      ...sum(this.devices),
      sites: this.sites.map(({ id, name, timezone }) => ({
        id,
        name,
        timezone,
        ...sum(this.devices.filter(({ siteId }) => siteId === id)),
        generatedToday: { energyWh: 1_000, coverage: 1 },
      })),
      connections: this.#options.connections ?? [],
    };
  }

  #device(id: string): Device | undefined {
    const row = this.devices.find((device) => device.id === id);
    if (!row) return undefined;
    const metric = (
      metricId: string | null,
      name: string,
      unit: string,
      kind: Metric["kind"],
      value: number,
    ): Metric => ({
      id: metricId ?? "",
      deviceId: id,
      name,
      unit,
      kind,
      latest:
        row.activePowerAt === null
          ? null
          : { value, unit, time: row.activePowerAt, receivedAt: row.activePowerAt, quality: "good" },
    });
    return {
      ...row,
      kind: "inverter",
      manufacturer: "EnergyGrid",
      model: "EG-10",
      connectionId: uuid(8, 0),
      createdAt: "2026-01-01T00:00:00.000Z",
      metrics: [
        metric(row.activePowerMetricId, "active_power", "W", "gauge", row.activePowerW ?? 0),
        metric(row.onlineMetricId, "online", "1", "state", row.status === "online" ? 1 : 0),
      ],
    };
  }
}

function stubDevice(i: number, nowMs: number): FleetDevice {
  const status = i % OFFLINE_EVERY === 7 ? "offline" : i % UNKNOWN_EVERY === 5 ? "unknown" : "online";
  const ageMs = i % STALE_EVERY === 11 ? 14 * 60_000 : (i % 50) * 1_000;
  const isKnown = status !== "unknown";
  return {
    id: uuid(2, i),
    siteId: uuid(1, i % SITE_NAMES.length),
    name: `Inverter ${String(i + 1).padStart(3, "0")}`,
    serialNumber: `EG${String(730_000_000 + i * 7_919)}`,
    status,
    statusAt: new Date(nowMs - ageMs).toISOString(),
    onlineMetricId: uuid(4, i),
    activePowerMetricId: uuid(3, i),
    activePowerUnitW: 1,
    activePowerW: isKnown
      ? status === "offline"
        ? 0
        : Math.round(RATED_POWER_W * (0.25 + 0.6 * Math.abs(Math.sin(i * 1.7))))
      : null,
    activePowerAt: isKnown ? new Date(nowMs - ageMs).toISOString() : null,
    staleAfterMs: 180_000,
    ratedPowerW: RATED_POWER_W,
  };
}

/** A day's curve at every quarter of an hour, with two hours missing. */
function series(url: URL): Series {
  const [from, to] = [url.searchParams.get("from") ?? "", url.searchParams.get("to") ?? ""];
  const stepMs = Date.parse(to) - Date.parse(from) > 2 * 86_400_000 ? 30 * 60_000 : 5 * 60_000;
  const points: Array<[number, number]> = [];
  for (let timeMs = Date.parse(from); timeMs < Date.parse(to); timeMs += stepMs) {
    const hour = (timeMs / 3_600_000 + 1) % 24;
    if (hour >= 3 && hour < 4.5) continue;
    const sun = Math.max(0, Math.sin(((hour - 4) / 14) * Math.PI));
    points.push([timeMs, Math.round(RATED_POWER_W * sun * (0.85 + 0.1 * Math.sin(timeMs / 4e6)))]);
  }
  const metricId = url.pathname.split("/").at(-2) ?? "";
  return {
    from,
    to,
    step: `PT${stepMs / 60_000}M`,
    timezone: TIMEZONE,
    plan: { rollup: null, rollupShare: 0 },
    gapRule: { maxGapS: 3_600, between: "linear" },
    series: [{ metricId, unit: "W", points, coverage: 0.92 }],
    nextCursor: null,
  };
}

function uuid(kind: number, i: number): string {
  return `0195f3a0-${kind.toString(16).padStart(4, "0")}-7000-8000-${i.toString(16).padStart(12, "0")}`;
}

function found(object: object | undefined): Response {
  return object ? Response.json(object) : problem(404, "There is no such device.");
}

function problem(status: number, detail: string): Response {
  const body = JSON.stringify({ type: "about:blank", title: detail, status, detail });
  return new Response(body, { status, headers: { "content-type": "application/problem+json" } });
}
