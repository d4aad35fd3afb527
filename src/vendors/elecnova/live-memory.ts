import { createHash } from "node:crypto";
import { type IPublishPacket, Store } from "mqtt";

/** Messages that are remembered: more than brokers leave unacknowledged at once (20 to 100 by default). */
export const REMEMBERED_MAX = 1_000;

/** What outlives a connection to the broker, so that nothing is lost or told twice over a reconnection. */
export class LiveMemory {
  /** Messages of QoS 2 between their arrival and their release; at most one for each of MQTT's 65,535 message ids. */
  readonly arrived = new Store({ clean: false });
  /** Messages that were told, each with the connection that last brought it, oldest first. */
  readonly #told = new Map<string, number>();
  /** Messages that arrived over a session that the broker has forgotten; nobody has told them yet. */
  readonly #left: IPublishPacket[] = [];
  #connection = 0;

  /** A connection begins: what was told over the ones before may come again. */
  reconnect(): void {
    this.#connection++;
  }

  /**
   * Whether a message was told before; from now on it was. Message ids say nothing over two connections, and not every broker marks
   * what it sends again, so the content decides. Over one connection nothing comes again unless it is marked: a device may repeat
   * itself.
   */
  isRepeated(packet: IPublishPacket): boolean {
    const key = keyOf(packet);
    const broughtBy = this.#told.get(key);
    this.#told.delete(key);
    this.#told.set(key, this.#connection);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= REMEMBERED_MAX) break;
      this.#told.delete(oldest);
    }
    // What comes once at most comes again only as what the broker retains, with each subscription.
    if (packet.qos === 0 && !packet.retain) return false;
    return broughtBy !== undefined && ((packet.dup && packet.qos === 1) || broughtBy < this.#connection);
  }

  /** A broker that has forgotten the session will not release what has arrived any more: keeps it for `takeLeft`. */
  async releaseArrived(): Promise<void> {
    const packets: IPublishPacket[] = [];
    for await (const packet of this.arrived.createStream()) packets.push(packet as IPublishPacket);
    for (const { messageId } of packets) {
      if (messageId !== undefined) this.arrived.del({ messageId }, () => {});
    }
    this.#left.push(...packets);
  }

  /** The oldest message that was left over; undefined when there is none. */
  takeLeft(): IPublishPacket | undefined {
    return this.#left.shift();
  }
}

function keyOf({ topic, payload }: IPublishPacket): string {
  return createHash("sha256").update(topic).update("\0").update(payload).digest("base64");
}
