import type { Cabinet } from "./plant.ts";

/** Topics of a cabinet: one for all of it, or one for each component. The vendor's document leaves their form open. */
export function topicsOf({ sn, components }: Cabinet, per: "cabinet" | "component"): string[] {
  if (per === "cabinet") return [`ems/${sn}/data`];
  return components.map(({ locationCode }) => `ems/${sn}/${locationCode}/data`);
}

/** The serial number, and the component's location (null for the whole cabinet), that a topic stands for. */
export function readTopic(topic: string): { readonly sn: string; readonly locationCode: string | null } | null {
  const [, sn, locationCode] = /^ems\/([^/]+)\/(?:([^/]+)\/)?data$/.exec(topic) ?? [];
  return sn === undefined ? null : { sn, locationCode: locationCode ?? null };
}
