import type { DeviceKind } from "../../domain/device.ts";
import { ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import type { Redact } from "../../transport/redact.ts";
import type { QualityIssue, VendorReading } from "../vendor.ts";
import { issueOf } from "./issues.ts";
import { COMPONENT_KINDS, type ComponentCode } from "./mapping.ts";
import { instantMs } from "./times.ts";
import { type CabinetAnswer, CabinetRow, PartRow } from "./wire.ts";

/** An energy-storage cabinet. What the vendor left out, or sent in a form that nobody knows, is null or empty. */
export interface Cabinet {
  readonly id: string | null;
  readonly sn: string;
  readonly name: string;
  readonly model: string;
  /** The vendor's own words, in general an IANA name. */
  readonly timeZone: string | null;
  readonly online: boolean | null;
  /** Epoch ms, as the next two. */
  readonly lastSeenMs: number | null;
  readonly createdAtMs: number | null;
  readonly updatedAtMs: number | null;
}

export interface CabinetWithComponents extends Cabinet {
  readonly components: readonly Component[];
  /** Parts that hold no component. */
  readonly issues: readonly QualityIssue[];
}

/** A part of a cabinet, such as its battery or its meter. */
export interface Component {
  readonly id: string | null;
  readonly sn: string | null;
  readonly name: string;
  readonly model: string;
  readonly type: string | null;
  readonly online: boolean | null;
  /** Where it stands in the cabinet; live messages name components by it. */
  readonly locationCode: string | null;
  /** The vendor's code; one that is not in `COMPONENT_KINDS` is kept as it came. */
  readonly component: ComponentCode | (string & {}) | null;
  readonly componentDesc: string;
  /** What the platform calls it; `other` for a code that it does not know. */
  readonly kind: DeviceKind;
}

/** A row of the list; the issue it is when it holds no cabinet. */
export function toCabinet(row: unknown, redact: Redact): Cabinet | QualityIssue {
  const read = CabinetRow.safeParse(row);
  return read.success
    ? cabinetOf(read.data)
    : issueOf("", "unreadable_value", "A row of the list names no cabinet.", row, redact);
}

export function toCabinetWithComponents(answer: CabinetAnswer, redact: Redact): CabinetWithComponents {
  const issues: QualityIssue[] = [];
  const components = (answer.parts ?? []).flatMap((row) => {
    const read = PartRow.safeParse(row);
    if (read.success && (read.data.sn ?? read.data.locationCode) !== null) return [componentOf(read.data)];
    const detail = "A part has neither a serial number nor a location.";
    issues.push(issueOf(answer.sn, "unreadable_value", detail, row, redact));
    return [];
  });
  return { ...cabinetOf(answer), components, issues };
}

/** Whether a cabinet is online, as of the receipt of the answer that says so. */
export function onlineReadings(
  asked: string,
  cabinet: Cabinet,
  receivedAtMs: number,
  redact: Redact,
): { readonly readings: readonly VendorReading[]; readonly issues: readonly QualityIssue[] } {
  const { online } = cabinet;
  if (online === null) {
    const detail = 'The state is neither true, false, "online" nor "offline".';
    return { readings: [], issues: [issueOf(asked, "unreadable_value", detail, cabinet, redact)] };
  }
  const value = online ? 1 : 0;
  return {
    readings: [{ device: asked, metric: ONLINE, timeMs: receivedAtMs, value, quality: QUALITY.good }],
    issues: [],
  };
}

function cabinetOf({ id, sn, name, model, timeZone, state, lastSeen, createdAt, updatedAt }: CabinetRow): Cabinet {
  return {
    id,
    sn,
    name,
    model,
    timeZone,
    online: state,
    lastSeenMs: timeMsOf(lastSeen),
    createdAtMs: timeMsOf(createdAt),
    updatedAtMs: timeMsOf(updatedAt),
  };
}

function componentOf({ state, component, ...part }: PartRow): Component {
  const kind = component !== null && Object.hasOwn(COMPONENT_KINDS, component) ? (component as ComponentCode) : null;
  return { ...part, component, online: state, kind: kind === null ? "other" : COMPONENT_KINDS[kind] };
}

function timeMsOf(text: string | null): number | null {
  return text === null ? null : instantMs(text);
}
