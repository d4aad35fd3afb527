import { gzipSync } from "node:zlib";
import { Client, errors } from "undici";
import type { SentBatch } from "./ledger.ts";
import type { Carrier, Outcome, Target } from "./senders.ts";

/** A server that is silent for longer hangs. */
export const ANSWER_MS_MAX = 30_000;

export interface HttpOptions {
  /** False makes a connection for each request. */
  readonly keepsAlive: boolean;
  /** Whether bodies are sent with gzip. */
  readonly isPacked?: boolean;
}

/** `POST /data` over one connection. */
export function plaintextCarrier({ url }: Target, { keepsAlive, isPacked = false }: HttpOptions): Carrier {
  const client = new Client(url, { headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX });
  const headers = { "content-type": "text/plain", ...(isPacked && { "content-encoding": "gzip" }) };
  return {
    async send(batch) {
      const body = isPacked ? gzipSync(linesOf(batch)) : linesOf(batch);
      try {
        const answer = await client.request({ method: "POST", path: "/data", headers, body, reset: !keepsAlive });
        const text = await answer.body.text();
        return outcomeOf(answer.statusCode, text === '{"success":true}', text);
      } catch (error) {
        return wasNeverSent(error) ? "refused" : unanswered(error);
      }
    },
    async readBack(name, timeMs) {
      const [from, to] = [timeMs, timeMs + 1_000].map((ms) => new Date(ms).toISOString());
      try {
        const answer = await client.request({ method: "GET", path: `/data?from=${from}&to=${to}` });
        const text = await answer.body.text();
        if (answer.statusCode !== 200) return undefined;
        const rows = JSON.parse(text) as { time: string; name: string; value: number }[];
        return rows.find((row) => row.name === name && Date.parse(row.time) === timeMs)?.value ?? null;
      } catch {
        return undefined;
      }
    },
    [Symbol.asyncDispose]: () => client.destroy(),
  };
}

/** What an answer means. @throws Error for one that the server must never give to these requests. */
export function outcomeOf(status: number, isSuccess: boolean, text: string): Outcome {
  if (isSuccess && status < 300) return "acked";
  if (status === 503) return "refused";
  throw new Error(`the server answered ${status}: ${text}`);
}

/** Nothing listened: not a byte has left. */
export function wasNeverSent(error: unknown): boolean {
  return (error as { code?: string }).code === "ECONNREFUSED";
}

const CUT = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** The connection broke or the answer did not come. @throws what is no such thing. */
export function unanswered(error: unknown): Outcome {
  if (error instanceof errors.UndiciError || CUT.has((error as { code?: string }).code ?? "")) return "unanswered";
  throw error;
}

function linesOf(batch: SentBatch): string {
  return batch.map(({ name, timeMs, value }) => `${timeMs / 1_000} ${name} ${value}\n`).join("");
}
