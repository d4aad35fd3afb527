import { styleText } from "node:util";
import { type CsvValue, csvLine, LINE_END, type LineEnd } from "./csv.ts";
import { type OutputFile, writeWhole } from "./output-file.ts";
import { NO_RULES, print, say, visible } from "./terminal.ts";

/** Rows of one kind that a vendor gave: a list to look at, a table to keep, a document for a program. */
export interface Listing {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, CsvValue>>[];
  /** All of it, the rows among it, as the JSON document. */
  readonly document: unknown;
}

export const LISTING_FORMATS = ["json", "csv"] as const;
export type ListingFormat = (typeof LISTING_FORMATS)[number];

export interface ListingOutputs {
  readonly outputs: readonly OutputFile<ListingFormat>[];
  readonly json: boolean;
}

/** Files first. On stdout: a document with `--json`, a table on a terminal, CSV into a pipe; nothing when it went to files. */
export async function handOutListing(listing: Listing, { outputs, json }: ListingOutputs): Promise<void> {
  for (const { path, format } of outputs) {
    await writeWhole(path, format === "csv" ? csvText(listing) : documentText(listing.document));
  }
  if (json) print(documentText(listing.document));
  else if (outputs.length === 0) await printListing(listing);
  for (const { path } of outputs) say(`Written: ${path}`);
}

export function documentText(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

async function printListing(listing: Listing): Promise<void> {
  if (!process.stdout.isTTY) {
    print(csvText(listing, LINE_END.pipe));
    return;
  }
  const { default: Table } = await import("cli-table3");
  const table = new Table({ style: { head: [], border: ["gray"] }, chars: NO_RULES });
  table.push(listing.columns.map((column) => styleText("bold", column)));
  for (const row of listing.rows) table.push(listing.columns.map((column) => visible(String(row[column] ?? ""))));
  print(table.toString());
}

function csvText({ columns, rows }: Listing, end?: LineEnd): string {
  return [
    csvLine(columns, end),
    ...rows.map((row) =>
      csvLine(
        columns.map((column) => row[column] ?? null),
        end,
      ),
    ),
  ].join("");
}
