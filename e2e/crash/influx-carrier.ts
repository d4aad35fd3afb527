import { Client } from "undici";
import type { SentBatch } from "./ledger.ts";
import { ANSWER_MS_MAX, outcomeOf, unanswered, wasNeverSent } from "./plaintext-carrier.ts";
import type { Carrier, Target } from "./senders.ts";

/** `POST /api/v2/write` over one connection that is kept; null without an API key. */
export function influxCarrier({ url, apiKey }: Target): Carrier | null {
  if (apiKey === undefined) return null;
  const client = new Client(url, { headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX });
  const headers = { "content-type": "text/plain; charset=utf-8", authorization: `Token ${apiKey}` };
  return {
    async send(batch) {
      const path = "/api/v2/write?org=crash&bucket=crash&precision=ms";
      try {
        const answer = await client.request({ method: "POST", path, headers, body: linesOf(batch) });
        const text = await answer.body.text();
        return outcomeOf(answer.statusCode, answer.statusCode === 204, text);
      } catch (error) {
        return wasNeverSent(error) ? "refused" : unanswered(error);
      }
    },
    [Symbol.asyncDispose]: () => client.destroy(),
  };
}

/** A series is a measurement of one device, so that its metric has the sender's name. */
function linesOf(batch: SentBatch): string {
  return batch.map(({ name, timeMs, value }) => `${name},device=crash-influx value=${value} ${timeMs}\n`).join("");
}
