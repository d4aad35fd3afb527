import { expect, test } from "vitest";
import { CommandFailed } from "../exit-codes.ts";
import type { ServerApi } from "../server/api.ts";
import type { SelectedMetric } from "../server/selection.ts";
import { type ExportPlace, exportLines, type LineFormat, METRICS_PER_REQUEST } from "./export-lines.ts";

const HEADER = "metricId,site,device,metric,unit,time,value,quality\n";
const RANGE = { fromMs: null, toMs: Date.UTC(2026, 0, 1) };

const metrics = Array.from(
  { length: METRICS_PER_REQUEST * 2 + 5 },
  (_, at): SelectedMetric => ({
    id: `019a0000-0000-7000-8000-${String(at).padStart(12, "0")}`,
    name: "p",
    unit: "W",
    device: "D",
    site: { id: "s", name: "S", timezone: "UTC" },
  }),
);

const lineOf = (id: string, row: number, format: LineFormat): string =>
  format === "csv" ? `${id},S,D,p,W,t,${row},good\n` : `{"metricId":"${id}","value":${row}}\n`;

/** A server that answers each request with three rows a metric, in chunks of this size; `cut` is missing at the end of the last answer. */
function answering(format: LineFormat, chunkBytes: number, cut = 0) {
  const queries: Record<string, unknown>[] = [];
  const api = {
    url: "http://x",
    async *stream(_path: string, query: Record<string, unknown>) {
      queries.push(query);
      const ids = String(query["metricIds"]).split(",");
      const lines = ids.flatMap((id) => [0, 1, 2].map((row) => lineOf(id, row, format)));
      const whole = Buffer.from((format === "csv" ? HEADER : "") + lines.join(""));
      const bytes = ids.length < METRICS_PER_REQUEST ? whole.subarray(0, whole.length - cut) : whole;
      // The first chunk of a server holds the header.
      for (let from = 0; from < bytes.length; ) {
        const end = from === 0 ? Math.max(HEADER.length, chunkBytes) : from + chunkBytes;
        yield bytes.subarray(from, end);
        from = end;
      }
    },
  };
  return { api: api as unknown as ServerApi, queries };
}

async function all(format: LineFormat, chunkBytes: number, cut = 0) {
  const { api, queries } = answering(format, chunkBytes, cut);
  const places: ExportPlace[] = [];
  let text = "";
  const signal = new AbortController().signal;
  for await (const chunk of exportLines(api, metrics, RANGE, format, signal, (place) => places.push(place))) {
    text += chunk.toString();
  }
  return { text, queries, places };
}

test.each(["csv", "ndjson"] as const)("any number of metrics makes one %s", async (format) => {
  for (const chunkBytes of [7, 100, 100_000]) {
    const { text, queries, places } = await all(format, chunkBytes);
    const expected = metrics.flatMap(({ id }) => [0, 1, 2].map((row) => lineOf(id, row, format))).join("");
    expect(text).toBe((format === "csv" ? HEADER : "") + expected);
    expect(queries).toHaveLength(3);
    expect(queries[0]).toMatchObject({ format, from: undefined, to: "2026-01-01T00:00:00.000Z" });
    expect(places.at(-1)).toEqual({ rows: metrics.length * 3, metrics: metrics.length });
    const seen = places.map((place) => place.metrics);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    // Its progress is seen within an answer as well, where chunks are smaller than that.
    if (chunkBytes === 100) expect(new Set(seen).size).toBeGreaterThan(20);
  }
});

test.each([1, 5])("an answer that ends %i bytes early is no answer", async (cut) => {
  await expect(all("csv", 1_000, cut)).rejects.toThrow(CommandFailed);
});
