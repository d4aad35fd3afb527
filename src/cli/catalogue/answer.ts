import type { CsvValue } from "../csv.ts";
import { documentText, handOutListing } from "../listing.ts";
import { print, printRows, visible } from "../terminal.ts";

/** What is shown of one thing: the names of columns, or labels, with what stands in them. */
export type Shown = Readonly<Record<string, CsvValue>>;

/** Many things: a table on a terminal, CSV into a pipe, with `--json` an array of what the server said. */
export async function handOutMany<T>(
  things: readonly T[],
  shown: { readonly columns: readonly string[]; readonly row: (thing: T) => Shown },
  json: boolean | undefined,
): Promise<void> {
  const listing = { columns: shown.columns, rows: things.map(shown.row), document: things };
  await handOutListing(listing, { outputs: [], json: json ?? false });
}

/** One thing: a line for each of its fields, with `--json` what the server said. */
export async function handOutOne(thing: unknown, fields: Shown, json: boolean | undefined): Promise<void> {
  if (json) {
    print(documentText(thing));
    return;
  }
  await printRows(Object.entries(fields).map(([label, value]) => ({ label, value: visible(String(value ?? "")) })));
}
