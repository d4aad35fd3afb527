import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { z } from "zod";
import type { ProtocolCount } from "../../ingest/sources/protocol-counts.ts";
import type { LiveStreams } from "../live-streams.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";

const Readiness = z.object({ status: z.enum(["ready", "recovering", "full"]), detail: z.string() });

/** Whether the process is up, whether it can store and read, and its figures for Prometheus. */
export function healthRoutes(app: FastifyInstance, parts: RouteParts, streams: LiveStreams): void {
  const registry = figures(parts, streams);

  declare(
    app,
    "GET",
    "/healthz",
    { permission: "public", summary: "The process is up", answers: { 200: z.object({ status: z.literal("up") }) } },
    () => ({ status: "up" }),
  );
  declare(
    app,
    "GET",
    "/readyz",
    { permission: "public", summary: "Readings can be stored and read", answers: { 200: Readiness, 503: Readiness } },
    ({ reply }) => {
      const { state, detail } = parts.store.health();
      const answer = { status: state, detail };
      return state === "ready" ? answer : reply.code(503).send(answer);
    },
  );
  declare(
    app,
    "GET",
    "/metrics",
    {
      permission: "operation:read",
      summary: "Figures for Prometheus",
      answers: { 200: z.string() },
      answersAs: { "text/plain": z.string() },
    },
    async ({ reply }) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}

function figures({ pipeline, sources, bodies, store, collector, audit }: RouteParts, streams: LiveStreams): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge("kilowatch_readings_stored", "Readings acked since the start", () => pipeline.counts.readings);
  gauge("kilowatch_batches_stored", "Batches acked since the start", () => pipeline.counts.batches);
  gauge("kilowatch_readings_pending", "Readings acked and not yet in the engine", () => store.health().pendingReadings);
  gauge("kilowatch_ingest_bodies_open", "Pushed bodies that are read or wait to be stored", () => bodies.bodies);
  const perProtocol = (name: string, help: string, field: keyof ProtocolCount) => {
    new Gauge({
      name,
      help,
      labelNames: ["protocol"],
      registers: [registry],
      collect() {
        for (const [protocol, count] of sources.counts.all()) this.set({ protocol }, count[field]);
      },
    });
  };
  perProtocol("kilowatch_ingest_bodies_stored", "Pushed bodies acked since the start", "requests");
  perProtocol("kilowatch_ingest_bodies_refused", "Pushed bodies of which nothing was stored", "refused");
  perProtocol("kilowatch_ingest_readings", "Pushed readings acked since the start", "readings");
  perProtocol("kilowatch_ingest_bytes", "Bytes of the acked bodies, unpacked", "bytes");
  gauge("kilowatch_streams_open", "Live streams open", () => streams.open);
  gauge("kilowatch_audit_entries_lost", "Entries that the audit log could not take, since the start", () => audit.lost);
  gauge("kilowatch_audit_refusals_left_out", "Refusals that the audit log counts only", () => audit.unrecorded);
  const perConnection = (
    name: string,
    help: string,
    read: (report: ReturnType<typeof collector.reports>[number]) => number,
  ) => {
    new Gauge({
      name,
      help,
      labelNames: ["connection", "vendor"],
      registers: [registry],
      collect() {
        for (const report of collector.reports()) {
          this.set({ connection: report.connection.id, vendor: report.connection.vendor }, read(report));
        }
      },
    });
  };
  perConnection(
    "kilowatch_vendor_requests",
    "Requests for latest values since the start",
    (report) => report.counts.requests,
  );
  perConnection(
    "kilowatch_vendor_requests_failed",
    "Those that failed for good",
    (report) => report.counts.failedRequests,
  );
  perConnection("kilowatch_vendor_up", "1 while the vendor answers", (report) => (report.state === "running" ? 1 : 0));
  return registry;
}
