import { describeInfluxKey, describeJsonKey, type InfluxKey } from "../codecs/decoder.ts";
import type { PushProtocol, SeriesMeaning } from "./meaning.ts";

/** The device that plaintext names go under. */
export const DATA_API_DEVICE = "Data API";

/** `unix-seconds name value`: the key is the name. */
export const PLAINTEXT: PushProtocol = {
  id: "data",
  rowPath: null,
  meaningOf: (name) => ({
    kind: "described",
    attributes: new Map([["name", name]]),
    usual: { site: null, device: DATA_API_DEVICE, serialNumber: null, metric: name },
  }),
};

/** Readings that name a metric of ours, or a device of ours and a metric's name. */
export const JSON_READINGS: PushProtocol = {
  id: "json",
  rowPath: (row) => `readings.${row}`,
  meaningOf(keyText) {
    const key = describeJsonKey(keyText);
    return "metricId" in key ? { kind: "metric", ...key } : { kind: "device", ...key };
  },
};

/** InfluxDB line protocol: the key is measurement, tags and field. */
export const INFLUX_LINES: PushProtocol = {
  id: "influx",
  rowPath: null,
  meaningOf: (keyText) => meaningOfLine(describeInfluxKey(keyText)),
};

const SITE_TAG = "site";
/** Tags that senders name a device by, the surest first. */
const SERIAL_TAGS = ["sn", "serial", "serial_number", "serialNumber"] as const;
const DEVICE_TAGS = ["device", "host", "device_id", "deviceId"] as const;
/** The tag that names the metric's unit, as a UCUM code. */
const UNIT_TAG = "unit";
/** A field of this name says no more than its measurement. */
const PLAIN_FIELD = "value";

/**
 * The site is the tag `site`; the device the first of the tags above, else the other tags' text, else the measurement; the metric
 * the measurement, with the field's name unless that is `value`; its unit the tag `unit`. Tags that are left over become part of the
 * metric's name, so that two series never share one metric.
 */
function meaningOfLine({ measurement, tags, field }: InfluxKey): SeriesMeaning {
  const deviceTag = [...DEVICE_TAGS, ...SERIAL_TAGS].find((name) => tags.has(name));
  const serialTag = SERIAL_TAGS.find((name) => tags.has(name));
  const others = [...tags]
    .filter(([name]) => name !== SITE_TAG && name !== UNIT_TAG && name !== deviceTag && name !== serialTag)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(",");
  const unit = tags.get(UNIT_TAG);
  const metric = field === PLAIN_FIELD ? measurement : `${measurement}_${field}`;
  const device = deviceTag === undefined ? undefined : tags.get(deviceTag);
  return {
    kind: "described",
    attributes: new Map([...tags, ["measurement", measurement], ["field", field]]),
    usual: {
      site: tags.get(SITE_TAG) ?? null,
      device: device ?? (others === "" ? measurement : others),
      serialNumber: serialTag === undefined ? null : (tags.get(serialTag) ?? null),
      metric: device === undefined || others === "" ? metric : `${metric}{${others}}`,
      ...(unit !== undefined && { unit }),
    },
  };
}
