/** Which series a reading of a JSON body is for. */
export type JsonKey = { readonly metricId: string } | { readonly deviceId: string; readonly name: string };

/** Kinds of keys, as the first byte of the key. */
export const METRIC_KEY = "m";
export const DEVICE_KEY = "d";
/** Between a deviceId and a name: a sign that neither can hold. */
export const KEY_SEPARATOR = "\u001f";
/** Bytes before the id: its kind and a colon. */
export const KEY_KIND_BYTES = 2;

/** Reads a key of the JSON decoders: `m:` and the metricId, or `d:`, the deviceId, a separator and the name. */
export function describeJsonKey(key: string): JsonKey {
  const rest = key.slice(KEY_KIND_BYTES);
  if (key.startsWith(METRIC_KEY)) return { metricId: rest };
  const separator = rest.indexOf(KEY_SEPARATOR);
  return { deviceId: rest.slice(0, separator), name: rest.slice(separator + 1) };
}
