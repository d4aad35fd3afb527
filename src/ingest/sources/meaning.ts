/** What the key of a pushed series says, as its protocol has read it. */
export type SeriesMeaning =
  /** A metric of ours, by its id. */
  | { readonly kind: "metric"; readonly metricId: string }
  /** A device of ours, by its id, and the metric's name. */
  | { readonly kind: "device"; readonly deviceId: string; readonly name: string }
  /** The sender's own words: where they put it unless the source's template says otherwise. */
  | { readonly kind: "described"; readonly attributes: ReadonlyMap<string, string>; readonly usual: UsualPlace };

/** Where a series goes by the protocol's own rule. */
export interface UsualPlace {
  /** Null where the sender names none. */
  readonly site: string | null;
  readonly device: string;
  readonly serialNumber: string | null;
  readonly metric: string;
  /** UCUM code; absent where the sender names none. */
  readonly unit?: string;
}

/** How one protocol's keys are read. The keys of two protocols are never mixed in one table. */
export interface PushProtocol {
  /** For figures and messages: `data`, `influx`, `json`, `mqtt`. */
  readonly id: string;
  /** How a refusal names the reading of that row (from 0); null where it names the series alone. */
  readonly rowPath: ((row: number) => string) | null;
  /** What a key says; called once for each key that a source has not seen. @throws InvalidInput, which names it */
  meaningOf(keyText: string): SeriesMeaning;
}
