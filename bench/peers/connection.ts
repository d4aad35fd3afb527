import { connect, type Socket } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Answer {
  readonly status: number;
  /** Seconds of `Retry-After`; null without one. */
  readonly retryAfterS: number | null;
  readonly body: Buffer;
}

/** A peer that is silent for so long has failed. */
const ANSWER_MS_MAX = 180_000;
const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");

/**
 * One HTTP/1.1 connection that is kept open, one request at a time. The same few lines for every peer, and cheaper than any library:
 * on a machine of two cores the sender's work is taken from the peer.
 */
export class Connection {
  readonly #address: Address;
  #socket: Socket | null = null;
  #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | null = null;
  #reader = new AnswerReader();

  constructor(address: Address) {
    this.#address = address;
  }

  /**
   * @param start method and target, such as `POST /write?db=bench`
   * @param headers further lines, each ended by CRLF; may be empty
   */
  send(start: string, headers: string, body: Uint8Array | null): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    if (this.#waiting) throw new RangeError("the connection is still waiting for an answer");
    this.#waiting = { resolve, reject };
    this.#socket ??= this.#open();
    const socket = this.#socket;
    const length = body === null ? "" : `Content-Length: ${body.length}\r\n`;
    const { host, port } = this.#address;
    socket.cork();
    socket.write(`${start} HTTP/1.1\r\nHost: ${host}:${port}\r\n${length}${headers}\r\n`, "latin1");
    if (body !== null) socket.write(body);
    socket.uncork();
    return promise;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open(): Socket {
    const socket = connect({ ...this.#address, noDelay: true });
    socket.setTimeout(ANSWER_MS_MAX, () => drop(new Error(`no answer within ${ANSWER_MS_MAX} ms`)));
    this.#reader = new AnswerReader();
    const drop = (error: Error): void => {
      socket.destroy();
      // One that was given up before must not end what waits on its successor.
      if (this.#socket !== socket) return;
      this.#socket = null;
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting?.reject(error);
    };
    socket.on("data", (bytes) => {
      const answer = this.#reader.read(bytes);
      if (!answer) return;
      const waiting = this.#waiting;
      this.#waiting = null;
      if (this.#reader.isLast) {
        this.#socket = null;
        socket.destroy();
      }
      waiting?.resolve(answer);
    });
    socket.on("error", drop);
    socket.on("close", () => drop(new Error("the peer closed the connection before it had answered")));
    return socket;
  }
}

interface AnswerHead {
  readonly status: number;
  readonly retryAfterS: number | null;
  readonly chunked: boolean;
}

/** Puts the pieces of one answer together; begins anew behind its end. */
class AnswerReader {
  /** The peer will close the connection behind this answer. */
  isLast = false;
  #pending: Buffer = Buffer.alloc(0);
  #head: AnswerHead | null = null;
  /** Bytes of a body of a stated length that are still to come. */
  #missing = 0;
  #pieces: Buffer[] = [];

  read(bytes: Buffer): Answer | null {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#head ??= this.#readHead();
    if (!this.#head) return null;
    const isWhole = this.#head.chunked ? this.#readChunks() : this.#readPlain();
    if (!isWhole) return null;
    const { status, retryAfterS } = this.#head;
    const answer = { status, retryAfterS, body: Buffer.concat(this.#pieces) };
    this.#head = null;
    this.#pieces = [];
    return answer;
  }

  #readHead(): AnswerHead | null {
    const end = this.#pending.indexOf(HEAD_END);
    if (end < 0) return null;
    const head = this.#pending.toString("latin1", 0, end);
    this.#pending = this.#pending.subarray(end + HEAD_END.length);
    const header = (name: string): string | undefined =>
      new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, "im").exec(head)?.[1];
    const status = Number(head.slice(9, 12));
    const retryAfter = header("retry-after");
    this.isLast = header("connection")?.toLowerCase() === "close";
    const chunked = header("transfer-encoding")?.toLowerCase() === "chunked";
    this.#missing = status === 204 ? 0 : Number(header("content-length") ?? 0);
    return { status, chunked, retryAfterS: retryAfter === undefined ? null : Number(retryAfter) };
  }

  #readPlain(): boolean {
    const taken = this.#pending.subarray(0, this.#missing);
    this.#pieces.push(taken);
    this.#pending = this.#pending.subarray(taken.length);
    this.#missing -= taken.length;
    return this.#missing === 0;
  }

  /** Takes whole chunks only; a part of one waits for its rest. */
  #readChunks(): boolean {
    for (;;) {
      const lengthEnd = this.#pending.indexOf(LINE_END);
      if (lengthEnd < 0) return false;
      const length = Number.parseInt(this.#pending.toString("latin1", 0, lengthEnd), 16);
      const from = lengthEnd + LINE_END.length;
      const next = from + length + LINE_END.length;
      if (this.#pending.length < next) return false;
      this.#pieces.push(this.#pending.subarray(from, from + length));
      this.#pending = this.#pending.subarray(next);
      if (length === 0) return true;
    }
  }
}
