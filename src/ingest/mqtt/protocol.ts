import { z } from "zod";
import type { PushProtocol } from "../sources/meaning.ts";
import type { TopicNames } from "./topic.ts";

const Key = z.array(z.tuple([z.string(), z.string()]));

/** The key of a reading that came by MQTT: what the topic says, and the metric that topic or payload names. */
export function mqttKey(names: TopicNames, metric: string | null): string {
  return JSON.stringify(metric === null ? [...names] : [...names, ["metric", metric]]);
}

/** Readings of MQTT messages: site, device and metric are the topic's, whose other names templates may use. */
export const MQTT_READINGS: PushProtocol = {
  id: "mqtt",
  rowPath: null,
  meaningOf(keyText) {
    const attributes = new Map(Key.parse(JSON.parse(keyText)));
    const unit = attributes.get("unit");
    return {
      kind: "described",
      attributes,
      usual: {
        site: attributes.get("site") ?? null,
        // A template without {device} is refused, a topic without a metric takes it from the payload.
        device: attributes.get("device") ?? "",
        serialNumber: null,
        metric: attributes.get("metric") ?? "",
        ...(unit !== undefined && { unit }),
      },
    };
  },
};
