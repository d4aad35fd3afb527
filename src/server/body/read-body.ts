import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { KeyedColumns } from "../../domain/keyed-columns.ts";
import type { Decoder } from "../../ingest/codecs/decoder.ts";
import type { BodyPass } from "./body-gate.ts";
import { BodyDamaged, EncodingUnknown } from "./refusals.ts";

/** Unpacked bytes that are handed to the decoder at once: well under a millisecond of its time. */
const PIECE_BYTES = 65_536;

/**
 * Decodes a body piece by piece as it comes off the wire; never holds it as a whole.
 * @param encoding the `content-encoding` header
 * @returns the decoder's columns, once the body is whole
 * @throws BodyTooLarge, BodyTooSlow, BodyDamaged, EncodingUnknown, ServerBusy, and what the decoder throws. The rest of the
 *   body is then left unread.
 */
export async function readBody(
  body: Readable,
  encoding: string | undefined,
  decoder: Decoder,
  pass: BodyPass,
): Promise<KeyedColumns> {
  const unpack = unpackerFor(encoding, (bytes) => {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      pass.unpacked(piece.length);
      decoder.write(piece);
    }
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onData = (bytes: Buffer): void => {
    try {
      pass.came(bytes.length);
      if (!unpack.write(bytes)) body.pause();
    } catch (error) {
      reject(asError(error));
    }
  };
  const onCut = (): void => reject(new BodyDamaged("The body was cut off before its end."));
  const onEnd = (): void => {
    // A whole body closes, too, while its last bytes are still being unpacked.
    body.off("close", onCut);
    unpack.end();
  };
  pass.whenTooSlow(reject);
  unpack.follow({ done: resolve, failed: reject, drained: () => body.resume() });
  body.on("data", onData).once("end", onEnd).once("error", onCut).once("close", onCut);
  try {
    await promise;
    return decoder.end();
  } finally {
    pass.arrived();
    body.off("data", onData).off("end", onEnd).off("close", onCut);
    // A connection that breaks later on still emits an error, which must find a listener.
    body.on("error", () => {});
    body.pause();
    unpack.close();
  }
}

interface UnpackerEvents {
  done(): void;
  failed(error: Error): void;
  drained(): void;
}

/** Takes bytes off the wire and gives them to its sink as the sender packed them. */
interface Unpacker {
  follow(events: UnpackerEvents): void;
  /** False when `drained` will be told before more should come. */
  write(bytes: Buffer): boolean;
  end(): void;
  close(): void;
}

/** @param sink may throw: the body is refused with what it throws. @throws EncodingUnknown */
function unpackerFor(encoding: string | undefined, sink: (bytes: Buffer) => void): Unpacker {
  switch (encoding?.trim().toLowerCase() ?? "") {
    case "":
    case "identity":
      return asItIs(sink);
    case "gzip":
    case "x-gzip":
      return gunzipping(sink);
    default:
      throw new EncodingUnknown("The body's content-encoding is neither gzip nor identity.");
  }
}

function asItIs(sink: (bytes: Buffer) => void): Unpacker {
  let done = (): void => {};
  return {
    follow: (events) => {
      done = () => events.done();
    },
    write: (bytes) => {
      sink(bytes);
      return true;
    },
    end: () => done(),
    close: () => {},
  };
}

function gunzipping(sink: (bytes: Buffer) => void): Unpacker {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  return {
    follow({ done, failed, drained }) {
      gunzip.on("data", (bytes: Buffer) => {
        try {
          sink(bytes);
        } catch (error) {
          failed(asError(error));
        }
      });
      gunzip.on("drain", drained);
      gunzip.once("end", done);
      gunzip.on("error", (error) => {
        failed(new BodyDamaged("The body is no whole gzip stream.", { cause: error }));
      });
    },
    write: (bytes) => gunzip.write(bytes),
    end: () => gunzip.end(),
    close: () => gunzip.destroy(),
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TypeError(String(error));
}
