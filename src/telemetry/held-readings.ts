import { type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import { RAW_PAGE_ROWS_MAX, type RawCursor, type TelemetryStore, type TimeWindow } from "./store.ts";

/** Reads all that is stored of some series within a window, page by page; the window decides how much that is. @throws StorageUnavailable */
export function heldReadings(
  store: Pick<TelemetryStore, "readRaw">,
): (series: readonly number[], within: TimeWindow) => Promise<ReadingColumns> {
  return async (series, { fromMs, toMs }) => {
    const builder = new ReadingColumnsBuilder();
    let after: RawCursor | null = null;
    do {
      const page = await store.readRaw({ series, fromMs, toMs, limit: RAW_PAGE_ROWS_MAX, ...(after && { after }) });
      const { columns } = page;
      for (let row = 0; row < columns.length; row++) {
        builder.push(
          columns.series[row] ?? 0,
          columns.timesMs[row] ?? 0,
          columns.values[row] ?? 0,
          columns.qualities[row] ?? 0,
        );
      }
      after = page.next;
    } while (after !== null);
    return builder.finish();
  };
}
