import type { KeyTable } from "../../domain/key-table.ts";
import { DEVICE_KEY, KEY_KIND_BYTES, KEY_SEPARATOR, METRIC_KEY } from "./json-key.ts";
import type { JsonTexts } from "./json-text.ts";
import { ID_BYTES_MAX, NAME_BYTES_MAX } from "./limits.ts";
import { hasControlCharacter, isText } from "./names.ts";
import { Objection } from "./objection.ts";
import { TOO_MANY_KEYS } from "./refusal.ts";
import { BACKSLASH, COLON, QUOTE } from "./signs.ts";

const METRIC = METRIC_KEY.charCodeAt(0);
const DEVICE = DEVICE_KEY.charCodeAt(0);
const SEPARATOR = KEY_SEPARATOR.charCodeAt(0);

export const NAMING_MEMBERS = ["metricId", "deviceId", "name"] as const;
export type NamingMember = (typeof NAMING_MEMBERS)[number];
const BYTES_MAX = { metricId: ID_BYTES_MAX, deviceId: ID_BYTES_MAX, name: NAME_BYTES_MAX } as const;

/** Collects what names the series of a JSON reading, and finds its key. A device's key is marked with the length of its id. */
export class JsonKeys {
  readonly #table: KeyTable;
  readonly #texts = {
    metricId: new Uint8Array(BYTES_MAX.metricId),
    deviceId: new Uint8Array(BYTES_MAX.deviceId),
    name: new Uint8Array(BYTES_MAX.name),
  };
  readonly #lengths = { metricId: -1, deviceId: -1, name: -1 };
  readonly #key = new Uint8Array(KEY_KIND_BYTES + ID_BYTES_MAX + 1 + NAME_BYTES_MAX);
  readonly #view = new DataView(this.#key.buffer);
  /** Where the naming members of a reading alike lie in the window. */
  readonly #places = { metricId: { from: 0, to: 0 }, deviceId: { from: 0, to: 0 }, name: { from: 0, to: 0 } };
  #last = 0;
  #expected = 0;
  #isExpected = false;

  constructor(table: KeyTable) {
    this.#table = table;
  }

  begin(): void {
    for (const member of NAMING_MEMBERS) this.#lengths[member] = -1;
  }

  /** Takes the text that was read last, and ended at `at`, as that member. @throws Objection */
  take(member: NamingMember, text: JsonTexts, at: number): void {
    const length = text.to - text.from;
    if (length === 0) throw new Objection(at, "is empty", { member });
    if (length > BYTES_MAX[member]) throw new Objection(at, `is longer than ${BYTES_MAX[member]} bytes`, { member });
    this.#copy(member, text.bytes, text.from, text.to);
  }

  /** The key that the members taken since `begin` name. @throws Objection */
  find(at: number): number {
    const key = this.#intern(this.#assemble(at), at);
    this.#table.follows(this.#last, key);
    this.#last = key;
    return key;
  }

  /** Begins a reading that looks like the one before: `endOf` for each of its naming members, then `findAlike`. */
  beginAlike(): void {
    this.#expected = this.#table.follower(this.#last);
    this.#isExpected = true;
  }

  /** Where the text at `at` ends, of that member of a reading alike: at its closing quote. -1 when it has to be looked at closely. */
  endOf(member: NamingMember, bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const table = this.#table;
    const key = this.#expected;
    const mark = table.mark(key);
    const from = member === "name" ? KEY_KIND_BYTES + mark + 1 : KEY_KIND_BYTES;
    const to = member === "deviceId" ? KEY_KIND_BYTES + mark : table.byteLength(key);
    const isOfKind = mark > 0 === (member !== "metricId");
    let textEnd = at + to - from;
    if (
      !isOfKind ||
      textEnd <= at ||
      textEnd >= end ||
      bytes[textEnd] !== QUOTE ||
      !table.holds(key, from, to - from, view, at)
    ) {
      textEnd = endOfPlainText(bytes, at, Math.min(end, at + BYTES_MAX[member] + 1));
      this.#isExpected = false;
    }
    this.#places[member].from = at;
    this.#places[member].to = textEnd;
    return textEnd;
  }

  /** The key of a reading alike that names a metric, or a device and a name; -1 when it is new. It is taken only by `follow`. */
  findAlike(isMetric: boolean, bytes: Uint8Array): number {
    if (this.#isExpected) return this.#expected;
    this.begin();
    if (isMetric) {
      this.#copy("metricId", bytes, this.#places.metricId.from, this.#places.metricId.to);
    } else {
      this.#copy("deviceId", bytes, this.#places.deviceId.from, this.#places.deviceId.to);
      this.#copy("name", bytes, this.#places.name.from, this.#places.name.to);
    }
    return this.#table.find(this.#view, 0, this.#assemble(0));
  }

  follow(key: number): void {
    if (!this.#isExpected) this.#table.follows(this.#last, key);
    this.#last = key;
  }

  #copy(member: NamingMember, bytes: Uint8Array, from: number, to: number): void {
    const into = this.#texts[member];
    for (let at = from; at < to; at++) into[at - from] = bytes[at] ?? 0;
    this.#lengths[member] = to - from;
  }

  /** Puts the key together and answers its length. */
  #assemble(at: number): number {
    const { metricId, deviceId, name } = this.#lengths;
    const key = this.#key;
    key[1] = COLON;
    if (metricId !== -1) {
      if (deviceId !== -1 || name !== -1) throw new Objection(at, "has a metricId, and a deviceId or name beside it");
      key[0] = METRIC;
      return this.#append("metricId", KEY_KIND_BYTES);
    }
    if (deviceId === -1) throw new Objection(at, name === -1 ? "has no metricId" : "has no deviceId");
    if (name === -1) throw new Objection(at, "has no name");
    key[0] = DEVICE;
    const length = this.#append("deviceId", KEY_KIND_BYTES);
    key[length] = SEPARATOR;
    return this.#append("name", length + 1);
  }

  #append(member: NamingMember, at: number): number {
    const text = this.#texts[member];
    const length = this.#lengths[member];
    for (let index = 0; index < length; index++) this.#key[at + index] = text[index] ?? 0;
    return at + length;
  }

  #intern(length: number, at: number): number {
    const known = this.#table.find(this.#view, 0, length);
    if (known !== -1) return known;
    for (const member of NAMING_MEMBERS) this.#checkText(member, at);
    const mark = this.#key[0] === DEVICE ? this.#lengths.deviceId : 0;
    const key = this.#table.intern(this.#view, 0, length, mark);
    if (key === -1) throw new Objection(at, TOO_MANY_KEYS);
    return key;
  }

  #checkText(member: NamingMember, at: number): void {
    const length = Math.max(this.#lengths[member], 0);
    if (!isText(this.#texts[member], 0, length))
      throw new Objection(at, "is not UTF-8 text", { member, isReadable: false });
    if (hasControlCharacter(this.#texts[member], 0, length)) {
      throw new Objection(at, "holds a control character", { member });
    }
  }
}

/** Where the text at `from` ends that needs no unescaping, before `end`; -1 otherwise. */
function endOfPlainText(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
  return at > from && at < end && bytes[at] === QUOTE ? at : -1;
}
