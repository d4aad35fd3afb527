import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type DataSet, DEVICES_PER_SITE, deviceName, METRIC, siteName } from "./data-set.ts";
import type { Request } from "./peer.ts";
import { ALL_SERIES, type Points, type Question, stepMsOf } from "./questions.ts";

const PAGE_ITEMS = 500;

const Named = z.object({ id: z.string(), name: z.string() });
const SitePage = z.object({ items: z.array(Named), nextCursor: z.string().nullable() });
const DevicePage = z.object({
  items: z.array(Named.extend({ metrics: z.array(Named) })),
  nextCursor: z.string().nullable(),
});
const LatestPage = z.object({
  items: z.array(z.object({ metricId: z.string(), value: z.number(), time: z.iso.datetime() })),
});
const Point = z.tuple([z.number(), z.number()]).rest(z.unknown());
const SeriesAnswer = z.object({ series: z.array(z.object({ points: z.array(Point) })) });
const AcrossAnswer = z.object({ points: z.array(Point) });

const PlannedAnswer = z.object({ plan: z.object({ rollupShare: z.number() }) });

/** A server rolls a day up when nothing was written to it for a minute. */
const ROLL_UP_MS_MAX = 300_000;
const ROLL_UP_LOOKED_AT_EVERY_MS = 1_000;
const ROLL_UP_SERIES_APART = 97;
const HOUR_MS = 3_600_000;

/** Our questions in the words of Kilowatch's API. */
export class KilowatchQuestions {
  readonly #url: string;
  readonly #headers: string;
  readonly #authorization: string;
  readonly #metricIds = new Map<string, string>();
  readonly #deviceNames = new Map<string, string>();
  readonly #siteIds = new Map<string, string>();

  constructor(url: string, key: string) {
    this.#url = url;
    this.#authorization = `Bearer ${key}`;
    this.#headers = `Authorization: ${this.#authorization}\r\n`;
  }

  /**
   * Waits until questions that rollups can answer are answered from them. Looks at some series of the data set.
   * @throws when that takes too long
   */
  async untilRolledUp(set: DataSet): Promise<void> {
    await this.prepare(set);
    const untilMs = performance.now() + ROLL_UP_MS_MAX;
    const hours = Math.floor((set.endMs - set.plan.startMs) / HOUR_MS);
    if (hours === 0) return;
    const to = isoTime(set.plan.startMs + hours * HOUR_MS);
    const range = { from: isoTime(set.plan.startMs), to, step: "PT1H", agg: "sum" };
    for (let series = 0; series < set.plan.seriesCount; series += ROLL_UP_SERIES_APART) {
      const path = `/metrics/${this.#metricIds.get(deviceName(series)) ?? ""}/series`;
      for (;;) {
        const { plan } = PlannedAnswer.parse(await this.#get(path, range));
        if (plan.rollupShare === 1) break;
        if (performance.now() > untilMs) throw new Error("what was stored is still not rolled up");
        await sleep(ROLL_UP_LOOKED_AT_EVERY_MS);
      }
    }
  }

  /** @throws when a series of the data set is not there */
  async prepare(set: DataSet): Promise<void> {
    const metricIds = await this.metricIds();
    const missing = Array.from({ length: set.plan.seriesCount }, (_, series) => deviceName(series)).find(
      (device) => !metricIds.has(device),
    );
    if (missing !== undefined) throw new Error(`${missing} has no metric ${METRIC}`);
  }

  /** Ids of the metrics by their devices' names. */
  async metricIds(): Promise<ReadonlyMap<string, string>> {
    for (const site of await this.#pages(SitePage, "/sites")) {
      this.#siteIds.set(site.name, site.id);
      for (const device of await this.#pages(DevicePage, `/sites/${site.id}/devices`)) {
        const metric = device.metrics.find(({ name }) => name === METRIC);
        if (!metric) continue;
        this.#metricIds.set(device.name, metric.id);
        this.#deviceNames.set(metric.id, device.name);
      }
    }
    return this.#metricIds;
  }

  async siteIds(): Promise<readonly string[]> {
    return (await this.#pages(SitePage, "/sites")).map(({ id }) => id);
  }

  requests(question: Question): readonly Request[] {
    return this.#paths(question).map((path) => ({ start: `GET /api/v1${path}`, headers: this.#headers }));
  }

  points(question: Question, bodies: readonly Buffer[]): Points {
    const answers = bodies.map((body) => JSON.parse(body.toString()) as unknown);
    if (question.kind === "latest") return this.#latest(answers);
    const pairs = (points: readonly z.output<typeof Point>[]): [number, number][] =>
      points.map(([timeMs, value]) => [timeMs, value]);
    if (question.kind === "site-by-hour") return new Map([[ALL_SERIES, pairs(AcrossAnswer.parse(answers[0]).points)]]);
    return new Map([[deviceName(question.series), pairs(SeriesAnswer.parse(answers[0]).series[0]?.points ?? [])]]);
  }

  #paths(question: Question): string[] {
    if (question.kind === "latest") {
      return ["/latest"];
    }
    const range = {
      from: isoTime(question.fromMs),
      to: isoTime(question.toMs),
      step: `PT${stepMsOf(question) / 1_000}S`,
    };
    if (question.kind === "site-by-hour") {
      const siteId = this.#siteIds.get(siteName(question.site * DEVICES_PER_SITE)) ?? "";
      const parameters = { ...range, siteId, name: METRIC, agg: "sum", across: "sum" };
      return [`/series?${new URLSearchParams(parameters).toString()}`];
    }
    const metricId = this.#metricIds.get(deviceName(question.series)) ?? "";
    return [
      `/metrics/${metricId}/series?${new URLSearchParams({ ...range, agg: "mean", maxPoints: "10000" }).toString()}`,
    ];
  }

  #latest(answers: readonly unknown[]): Points {
    const points: Points = new Map();
    for (const answer of answers) {
      for (const { metricId, value, time } of LatestPage.parse(answer).items) {
        const device = this.#deviceNames.get(metricId);
        if (device !== undefined) points.set(device, [[Date.parse(time), value]]);
      }
    }
    return points;
  }

  async #pages<T>(schema: z.ZodType<{ items: T[]; nextCursor: string | null }>, path: string): Promise<T[]> {
    const items: T[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = schema.parse(await this.#get(path, { limit: String(PAGE_ITEMS), ...(cursor !== "" && { cursor }) }));
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  async #get(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const answer = await fetch(`${this.#url}/api/v1${path}?${new URLSearchParams(parameters).toString()}`, {
      headers: { authorization: this.#authorization },
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
