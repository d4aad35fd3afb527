/** Readings that one body may hold. */
export const READINGS_PER_REQUEST_MAX = 1_000_000;
/** Bytes of one line without its end; of one element of a JSON body. */
export const LINE_BYTES_MAX = 65_536;
/** UTF-8 bytes of a name, after its escapes are undone. */
export const NAME_BYTES_MAX = 128;
/** UTF-8 bytes of a `metricId` or `deviceId`. */
export const ID_BYTES_MAX = 64;
/** Bytes of `measurement,tags field` of line protocol, as sent. */
export const INFLUX_KEY_BYTES_MAX = 4_096;
/** How far ahead of the server's clock a reading's time may lie, for all but plaintext: a day, which no clock or timezone is off by. */
export const FUTURE_MS_MAX = 86_400_000;
/**
 * Bytes of new keys that a body of line protocol may bring: so many times the bytes read up to there, and some for short bodies. Each field of a
 * line keeps its measurement and tags in its key, so a line could otherwise make a hundred times its size of them.
 */
export const INFLUX_NEW_KEY_BYTES = { perByte: 16, once: 262_144 } as const;
