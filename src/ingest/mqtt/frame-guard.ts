import { Duplex, Transform } from "node:stream";

/** The length of an MQTT packet after its fixed header takes at most four bytes (MQTT 3.1.1, 2.2.3). */
const LENGTH_BYTES_MAX = 4;

/** A packet announces more bytes than are taken. */
export class PacketTooLarge extends Error {
  override readonly name = "PacketTooLarge";
}

/**
 * The connection with its packets' sizes watched: one that announces more than `bytesMax` ends it before those bytes are kept.
 * The broker itself would gather up to 256 MiB for each client, signed in or not.
 */
export function guardPackets(connection: Duplex, bytesMax: number): Duplex {
  const guard = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      done(follow(chunk) ? null : new PacketTooLarge(`a packet is larger than ${bytesMax} bytes`), chunk);
    },
  });
  const follow = packetFollower(bytesMax);
  connection.once("error", (error) => guard.destroy(error));
  connection.once("close", () => guard.destroy());
  return Duplex.from({ readable: connection.pipe(guard), writable: connection });
}

/** Follows a stream of packets, cut anywhere; false as soon as one announces more than `bytesMax`. */
export function packetFollower(bytesMax: number): (chunk: Uint8Array) => boolean {
  /** Bytes of the present packet that are still to come. */
  let left = 0;
  /** What the length's bytes have said so far. */
  let announced = 0;
  let lengthBytes = 0;
  let inHeader = false;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const passed = Math.min(left, chunk.length - at);
        left -= passed;
        at += passed;
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (!inHeader) {
        inHeader = true;
        lengthBytes = 0;
        continue;
      }
      announced += (byte & 0x7f) * 128 ** lengthBytes++;
      if (announced > bytesMax) return false;
      if ((byte & 0x80) !== 0 && lengthBytes < LENGTH_BYTES_MAX) continue;
      left = announced;
      announced = 0;
      inHeader = false;
    }
    return true;
  };
}
