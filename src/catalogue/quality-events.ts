import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { Clock } from "../domain/clock.ts";
import {
  type DeviceScan,
  type MetricFinding,
  QUALITY_RULES,
  type QualityEvent,
  type QualityRule,
} from "../domain/quality.ts";
import type { CatalogueDatabase } from "./database.ts";
import { refusingOrphans } from "./integrity.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";

/** Which of the events of a site or device are meant; what is not named does not matter. */
export interface EventFilter {
  /** Those that had not ended then. */
  readonly fromMs?: number | undefined;
  /** Those that had begun before. */
  readonly toMs?: number | undefined;
  readonly rule?: QualityRule | undefined;
  readonly isOpen?: boolean | undefined;
}

/** Whose events: one device's, or those of all of a site. */
export type EventOwner = { readonly siteId: string } | { readonly deviceId: string };

const StoredEvidence = z.record(z.string(), z.union([z.number(), z.string()]));
const StoredRule = z.enum(QUALITY_RULES);

/** What was found wrong with readings. The same thing found again, or more of it, is the same event. */
export class QualityEvents {
  readonly #database: CatalogueDatabase;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Opens, extends and ends a device's events as a scan has found.
   * @returns how many are new
   * @throws NotFound when the device is gone
   */
  async record(scan: DeviceScan): Promise<{ readonly added: number }> {
    const { deviceId, findings, fromMs } = scan;
    return this.#database.transaction().execute(async (transaction) => {
      const earliestMs = findings.reduce((least, finding) => Math.min(least, finding.fromMs), fromMs);
      const rows = await transaction
        .selectFrom("quality_event")
        .selectAll()
        .where("device_id", "=", deviceId)
        .where(({ eb, or }) => or([eb("to_ms", "is", null), eb("to_ms", ">=", earliestMs)]))
        .orderBy("id")
        .execute();
      const known = rows.map(eventOf);
      const seen = new Set<string>();
      let added = 0;
      for (const finding of findings) {
        const same = known.filter((event) => !seen.has(event.id) && isSame(event, finding));
        const [first, ...others] = same;
        if (!first) {
          const event = { ...finding, id: uuidv7(), deviceId, foundAtMs: this.#clock.nowMs() };
          const row = rowOf(event);
          await refusingOrphans("device", () => transaction.insertInto("quality_event").values(row).execute());
          added++;
          continue;
        }
        for (const { id } of same) seen.add(id);
        await this.#put(transaction, first, extended(same, finding, scan));
        const doubles = others.map(({ id }) => id);
        if (doubles.length > 0) await transaction.deleteFrom("quality_event").where("id", "in", doubles).execute();
      }
      for (const event of known) {
        if (!seen.has(event.id) && isOver(event, scan)) {
          await this.#put(transaction, event, { ...event, toMs: Math.max(event.fromMs + 1, scan.toMs) });
        }
      }
      return { added };
    });
  }

  /** In the order in which they were found. */
  async list(owner: EventOwner, filter: EventFilter, request: PageRequest): Promise<Page<QualityEvent>> {
    const { fromMs, toMs, rule, isOpen } = filter;
    const rows = await this.#database
      .selectFrom("quality_event")
      .selectAll("quality_event")
      .$if("deviceId" in owner, (query) => query.where("device_id", "=", "deviceId" in owner ? owner.deviceId : ""))
      .$if("siteId" in owner, (query) =>
        query
          .innerJoin("device", "device.id", "quality_event.device_id")
          .where("device.site_id", "=", "siteId" in owner ? owner.siteId : ""),
      )
      .$if(fromMs !== undefined, (query) =>
        query.where(({ eb, or }) => or([eb("to_ms", "is", null), eb("to_ms", ">", fromMs ?? 0)])),
      )
      .$if(toMs !== undefined, (query) => query.where("from_ms", "<", toMs ?? 0))
      .$if(rule !== undefined, (query) => query.where("rule", "=", rule ?? ""))
      .$if(isOpen !== undefined, (query) => query.where("to_ms", isOpen ? "is" : "is not", null))
      .where("quality_event.id", ">", afterId(request))
      .orderBy("quality_event.id")
      .limit(request.limit + 1)
      .execute();
    return pageOf(rows.map(eventOf), request.limit);
  }

  async #put(transaction: CatalogueDatabase, before: QualityEvent, after: QualityEvent): Promise<void> {
    const { from_ms, to_ms, evidence } = rowOf(after);
    const same = rowOf(before);
    if (same.from_ms === from_ms && same.to_ms === to_ms && same.evidence === evidence) return;
    await transaction
      .updateTable("quality_event")
      .set({ from_ms, to_ms, evidence })
      .where("id", "=", before.id)
      .execute();
  }
}

/** Whether they are about the same thing and overlap or touch. */
function isSame(event: QualityEvent, finding: MetricFinding): boolean {
  if (event.rule !== finding.rule || event.metricId !== finding.metricId) return false;
  const [eventEndMs, findingEndMs] = [event, finding].map(({ toMs }) => toMs ?? Number.POSITIVE_INFINITY);
  return event.fromMs <= (findingEndMs ?? 0) && finding.fromMs <= (eventEndMs ?? 0);
}

/** The events, of which the first is kept, and what was found of them now. The newest evidence is kept. */
function extended(events: readonly QualityEvent[], finding: MetricFinding, scan: DeviceScan): QualityEvent {
  const [first] = events;
  if (!first) throw new RangeError("there is no event to extend");
  const fromMs = Math.min(finding.fromMs, ...events.map((event) => event.fromMs));
  const ends = [finding, ...events].map(({ toMs }) => toMs).filter((toMs) => toMs !== null);
  const wasOpen = events.some(({ toMs }) => toMs === null);
  // History that ends with the finding does not tell whether what is open has ended.
  const goesOn = finding.toMs === null || (wasOpen && !scan.isLive && finding.toMs >= scan.toMs);
  return { ...first, fromMs, toMs: goesOn ? null : Math.max(...ends), evidence: finding.evidence };
}

function isOver(event: QualityEvent, { isLive, rules, metricIds }: DeviceScan): boolean {
  return isLive && event.toMs === null && rules.has(event.rule) && metricIds.has(event.metricId);
}

function rowOf(event: QualityEvent): Schema["quality_event"] {
  return {
    id: event.id,
    device_id: event.deviceId,
    metric_id: event.metricId,
    rule: event.rule,
    from_ms: event.fromMs,
    to_ms: event.toMs,
    evidence: JSON.stringify(event.evidence),
    found_at_ms: event.foundAtMs,
  };
}

function eventOf(row: Selectable<Schema["quality_event"]>): QualityEvent {
  return {
    id: row.id,
    deviceId: row.device_id,
    metricId: row.metric_id,
    rule: StoredRule.parse(row.rule),
    fromMs: row.from_ms,
    toMs: row.to_ms,
    evidence: StoredEvidence.parse(JSON.parse(row.evidence)),
    foundAtMs: row.found_at_ms,
  };
}
