import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

const Installation = z
  .object({
    version: z.string(),
    asOf: api.Time,
    startedAt: api.Time,
    health: z.object({
      status: z.enum(["ready", "recovering", "full"]),
      detail: z.string(),
      pendingReadings: z.int().meta({ description: "Acknowledged and on the disk, and not yet in the engine" }),
    }),
    dataFolder: z.string(),
    catalogue: z.enum(["data folder", "PostgreSQL"]),
    readings: z.enum(["data folder", "ClickHouse"]),
    secretKey: z.enum(["data folder", "passphrase"]).meta({ description: "Where the key of stored secrets is" }),
    counts: z.object({
      people: z.int(),
      apiKeys: z.int(),
      sites: z.int(),
      devices: z.int(),
      metrics: z.int(),
      connections: z.int(),
    }),
  })
  .meta({ id: "Installation" });

/** What this server is, since when it runs, and where it keeps what. */
export function installationRoutes(app: FastifyInstance, parts: RouteParts, version: string): void {
  const { catalogue, clock, collector, installation, store } = parts;

  declare(
    app,
    "GET",
    "/installation",
    {
      permission: "installation:read",
      summary: "This server: its version, since when it runs, how it does, and where it keeps what",
      answers: { 200: Installation },
    },
    () => {
      const { state, detail, pendingReadings } = store.health();
      const { startedAtMs, ...places } = installation;
      return {
        version,
        asOf: isoTime(clock.nowMs()),
        startedAt: isoTime(startedAtMs),
        health: { status: state, detail, pendingReadings },
        ...places,
        counts: {
          people: catalogue.users.count,
          apiKeys: catalogue.apiKeys.count,
          ...catalogue.directory.counts,
          connections: collector.reports().length,
        },
      };
    },
  );
}
