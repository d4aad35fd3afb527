export type CsvValue = string | number | boolean | null;

/** Ends of lines: in a file as RFC 4180 wants them, in a pipe as its other end does. */
export const LINE_END = { file: "\r\n", pipe: "\n" } as const;
export type LineEnd = (typeof LINE_END)[keyof typeof LINE_END];

/** One line with its end. */
export function csvLine(values: readonly CsvValue[], end: LineEnd = LINE_END.file): string {
  return `${values.map(csvField).join(",")}${end}`;
}

export function csvField(value: CsvValue): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
