import type { Dispatcher } from "undici";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../domain/clock.ts";
import type { Connection } from "../domain/connection.ts";
import { InvalidInput } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";
import type { ConnectionHealth } from "./connection-health.ts";
import { Poller, type PollerCounts } from "./poller.ts";

export interface ConnectionReport extends ConnectionHealth {
  readonly connection: Connection;
  readonly counts: PollerCounts;
  /** Devices that are polled. */
  readonly devices: number;
  /** How old a value grows before the next poll brings a newer one, ms: the interval, or the vendor's limit or own interval where that takes longer. */
  readonly freshnessMs: number;
}

export interface CollectorParts {
  readonly catalogue: Catalogue;
  readonly pipeline: IngestPipeline;
  /** The registry's look-up. */
  readonly vendorById: (id: string) => VendorDefinition | undefined;
  /** Opens what sends the requests of an account and decides which addresses it may have. @throws InvalidInput when the URL is none */
  readonly openSockets: (baseUrl: string) => Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps one poller for each connection of the catalogue. */
export class Collector {
  readonly #catalogue: Catalogue;
  readonly #pipeline: IngestPipeline;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #vendorById: (id: string) => VendorDefinition | undefined;
  readonly #openSockets: (baseUrl: string) => Dispatcher;
  readonly #pollers = new Map<string, Poller>();

  constructor(parts: CollectorParts) {
    this.#vendorById = parts.vendorById;
    this.#openSockets = parts.openSockets;
    this.#catalogue = parts.catalogue;
    this.#pipeline = parts.pipeline;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** Starts polling every connection that the catalogue has; one that cannot be opened is logged and left out. */
  async start(): Promise<void> {
    for (const connection of await this.#catalogue.connections.list()) {
      try {
        await this.poll(connection);
      } catch (error) {
        // One account that cannot be opened must not keep the others, or the server, from starting.
        this.#log.error({ connection: connection.name, err: error }, "this connection cannot be polled");
      }
    }
  }

  /** Starts polling a connection, or starts it anew after a change. @throws InvalidInput when its vendor is not known. */
  async poll(connection: Connection): Promise<ConnectionReport> {
    await this.#pollers.get(connection.id)?.close();
    const vendor = this.#vendorById(connection.vendor);
    if (!vendor)
      throw new InvalidInput([{ path: "vendor", message: `"${connection.vendor}" is no vendor that is known` }]);
    const credential = vendor.credential.parse(await this.#catalogue.connections.credential(connection.id));
    const { baseUrl } = connection;
    const dispatcher = this.#openSockets(baseUrl);
    const poller = new Poller({
      connection,
      devices: await this.#catalogue.devices.ofConnection(connection.id),
      // The process before this one may have spent the vendor's budget a moment ago.
      client: vendor.open({ baseUrl, credential, clock: this.#clock, budgetSpent: true, dispatcher }),
      sockets: dispatcher,
      limits: vendor.limits,
      valuesEveryMs: vendor.device?.valuesEveryMs ?? 0,
      directory: this.#catalogue.directory,
      pipeline: this.#pipeline,
      clock: this.#clock,
      log: this.#log,
    });
    this.#pollers.set(connection.id, poller);
    poller.start();
    return reportOf(poller);
  }

  reports(): ConnectionReport[] {
    return [...this.#pollers.values()].map(reportOf);
  }

  /** Stops every poller. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#pollers.values()].map((poller) => poller.close()));
    this.#pollers.clear();
  }
}

function reportOf(poller: Poller): ConnectionReport {
  const { connection, counts, devices, freshnessMs, health } = poller;
  return { connection, counts, devices, freshnessMs, ...health };
}
