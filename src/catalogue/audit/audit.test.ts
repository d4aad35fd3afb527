import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "../database.ts";
import { MasterKey } from "../sealing/master-key.ts";
import { Sealing } from "../sealing/sealing.ts";
import {
  AUDIT_DETAIL_CHARS_MAX,
  AUDIT_NAME_CHARS_MAX,
  type AuditEvent,
  type AuditRow,
  BREAK_ACTION,
  hashOf,
  NO_ENTRY,
} from "./entry.ts";
import { AUDIT_HEAD_FILE, type AuditHead, HeadFile, type HeadKeeper, type KnownHead } from "./head-file.ts";
import { AuditTrail } from "./trail.ts";
import { verifyAudit } from "./verify.ts";

const clock = new VirtualClock();

/** A head that outlives its trail, as the file does, and can be made to fail. */
class HeadInMemory implements HeadKeeper {
  head: KnownHead = "missing";
  /** Writes that succeed before the next ones fail. */
  writesLeft = Number.POSITIVE_INFINITY;

  async read(): Promise<KnownHead> {
    return this.head;
  }

  async write(head: AuditHead): Promise<void> {
    if (this.writesLeft-- <= 0) throw new StorageUnavailable("No room.", 1);
    this.head = head;
  }
}

let database: CatalogueDatabase;
let keeper: HeadInMemory;
let trail: AuditTrail;
const restart = (): AuditTrail => new AuditTrail(database, keeper, clock);

beforeEach(async () => {
  database = await openCatalogueDatabase(":memory:");
  keeper = new HeadInMemory();
  trail = restart();
});
afterEach(() => database.destroy());

function event(change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    actor: { kind: "user", id: "u1", name: "ada@example.org" },
    action: "site.create",
    object: { kind: "site", id: "s1" },
    outcome: 201,
    detail: { name: "Calama" },
    ...change,
  };
}

const rowsNow = (): Promise<AuditRow[]> => database.selectFrom("audit_entry").selectAll().orderBy("place").execute();

/** What somebody who has the database can do to it, without the head. */
async function replaceAll(rows: readonly AuditRow[]): Promise<void> {
  await database.deleteFrom("audit_entry").execute();
  if (rows.length > 0) {
    await database
      .insertInto("audit_entry")
      .values([...rows])
      .execute();
  }
}

/** Gives each row its place and the hashes that fit. */
function madeAnew(rows: readonly AuditRow[]): AuditRow[] {
  let previous = NO_ENTRY.hash;
  return rows.map((row, index) => {
    const unhashed = { ...row, place: index + 1, previous_hash: previous };
    previous = hashOf(unhashed);
    return { ...unhashed, hash: previous };
  });
}

/** Control characters and halves of surrogate pairs among it. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe00f })), { maxLength: 20 })
  .map((units) => String.fromCharCode(...units));
const anyEvent: fc.Arbitrary<AuditEvent> = fc.record({
  actor: fc.record({
    kind: fc.constantFrom("user", "key", "visitor", "nobody", "server"),
    id: fc.option(anyText),
    name: fc.option(anyText),
  }),
  action: anyText,
  object: fc.option(fc.record({ kind: anyText, id: fc.option(anyText) })),
  outcome: fc.integer({ min: 100, max: 599 }),
  detail: fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.constant(null)), { maxKeys: 3 }),
});
const anyLog = fc.array(anyEvent, { minLength: 1, maxLength: 8 });

/** Runs a property's body on a log of its own. */
async function onLog(events: readonly AuditEvent[], body: () => Promise<void>): Promise<void> {
  await database.deleteFrom("audit_entry").execute();
  keeper = new HeadInMemory();
  trail = restart();
  for (const one of events) await trail.append(one);
  await body();
}

/** That something is found, and is found no less after the server has started on it and gone on. */
async function expectFound(place?: number): Promise<void> {
  const { fault } = await verifyAudit(database, keeper);
  expect(fault).not.toBeNull();
  if (place !== undefined) expect(fault?.place).toBe(place);
  const next = restart();
  await next.append(event());
  await next.append(event());
  expect((await verifyAudit(database, keeper)).fault).not.toBeNull();
}

const COLUMNS = [
  "at_ms",
  "actor_kind",
  "actor_id",
  "actor_name",
  "action",
  "object_kind",
  "object_id",
  "outcome",
  "detail",
  "previous_hash",
  "hash",
] as const;

describe("a log that nobody touched", () => {
  test("is whole, whatever it says, over restarts", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, anyLog, (first, second) =>
        onLog(first, async () => {
          trail = restart();
          expect(await trail.begin()).toBeNull();
          for (const one of second) await trail.append(one);
          const entries = first.length + second.length;
          expect(await verifyAudit(database, keeper)).toMatchObject({ entries, fault: null });
          expect(keeper.head).toMatchObject({ place: entries });
        }),
      ),
      { numRuns: 60 },
    );
  });

  test("is whole before its first entry", async () => {
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 0, fault: null });
    expect(await trail.begin()).toBeNull();
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 0, fault: null });
  });

  test("is whole at any moment while it is written", async () => {
    const writing = Promise.all(Array.from({ length: 200 }, () => trail.append(event())));
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verifyAudit(database, keeper)));
    expect(verdicts.filter(({ fault }) => fault !== null)).toEqual([]);
    await writing;
  });

  test("keeps a thousand entries in the order of the calls", async () => {
    const written = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => trail.append(event({ detail: { index } }))),
    );
    expect(written.map(({ place, detail }) => [place, detail["index"]])).toEqual(
      written.map((_, index) => [index + 1, index]),
    );
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 1_000, fault: null });
  });
});

describe("whoever has the database is found out", () => {
  test("when a field was changed", async () => {
    const edit = fc.tuple(fc.nat(), fc.constantFrom(...COLUMNS), fc.oneof(anyText, fc.integer(), fc.constant(null)));
    await fc.assert(
      fc.asyncProperty(anyLog, edit, (events, [at, column, value]) =>
        onLog(events, async () => {
          const place = (at % events.length) + 1;
          const stored = (await rowsNow())[place - 1]?.[column];
          // What the database would store of the new value must differ from what it has.
          const isNumber = typeof stored === "number";
          const wanted = isNumber
            ? typeof value === "number"
              ? value
              : 7
            : `${value ?? "null"}`.replaceAll("\0", "0");
          fc.pre(wanted !== stored);
          await sql`UPDATE audit_entry SET ${sql.ref(column)} = ${wanted} WHERE place = ${place}`.execute(database);
          fc.pre((await rowsNow())[place - 1]?.[column] !== stored);
          await expectFound(place);
        }),
      ),
      { numRuns: 150 },
    );
  });

  test("when entries were removed: the first, the last, any, all", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, fc.nat(), fc.nat({ max: 3 }), (events, at, more) =>
        onLog(events, async () => {
          const rows = await rowsNow();
          const first = at % rows.length;
          const left = rows.filter((_, index) => index < first || index > first + more);
          await replaceAll(left);
          await expectFound(first + 1);
        }),
      ),
      { numRuns: 60 },
    );
  });

  test("when entries were removed, changed, added or swapped, and all hashes made anew", async () => {
    const deed = fc.oneof(
      fc.record({ do: fc.constant("remove" as const), at: fc.nat() }),
      fc.record({ do: fc.constant("change" as const), at: fc.nat() }),
      fc.record({ do: fc.constant("add" as const), at: fc.nat() }),
      fc.record({ do: fc.constant("swap" as const), at: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(anyLog, deed, (events, { do: what, at }) =>
        onLog(events, async () => {
          const rows = await rowsNow();
          const index = at % rows.length;
          const one = rows[index];
          const other = rows[(index + 1) % rows.length];
          if (!one || !other) throw new Error("the log is empty");
          const forged = rows.map((row, now) => {
            if (what === "change" && now === index) return { ...row, outcome: row.outcome + 1 };
            if (what === "swap" && row === one) return other;
            return what === "swap" && row === other ? one : row;
          });
          if (what === "remove") forged.splice(index, 1);
          if (what === "add") forged.splice(index, 0, one);
          const anew = madeAnew(forged);
          fc.pre(anew.length !== rows.length || anew.at(-1)?.hash !== rows.at(-1)?.hash);
          await replaceAll(anew);
          await expectFound();
        }),
      ),
      { numRuns: 120 },
    );
  });

  test("when two entries changed places, or one was put before the first", async () => {
    for (let count = 0; count < 4; count++) await trail.append(event({ detail: { count } }));
    const [first, second, third, fourth] = await rowsNow();
    if (!first || !second || !third || !fourth) throw new Error("entries are missing");
    await replaceAll([first, { ...third, place: 2 }, { ...second, place: 3 }, fourth]);
    await expectFound(2);

    await onLog([event(), event()], async () => {
      const forged = { ...first, place: 0 };
      const hash = hashOf(forged);
      await database
        .insertInto("audit_entry")
        .values({ ...forged, hash })
        .execute();
      await expectFound(0);
    });
  });

  test("when entries that fit were added at the end", async () => {
    for (let count = 0; count < 3; count++) await trail.append(event());
    const rows = await rowsNow();
    for (const added of [rows, rows.slice(0, 1)]) {
      await onLog([event(), event(), event()], async () => {
        await replaceAll(madeAnew([...(await rowsNow()), ...added]));
        await expectFound(4);
      });
    }
  });

  test("while the server runs: what it writes next follows what it wrote before", async () => {
    for (let count = 0; count < 4; count++) await trail.append(event());
    const rows = await rowsNow();
    await replaceAll(rows.slice(0, 2));
    await trail.append(event());
    expect((await verifyAudit(database, keeper)).fault).toMatchObject({ place: 3 });

    await onLog([event(), event(), event()], async () => {
      const [one, ...others] = await rowsNow();
      if (!one) throw new Error("the log is empty");
      await replaceAll(madeAnew([{ ...one, actor_name: "eve" }, ...others]));
      await trail.append(event());
      expect((await verifyAudit(database, keeper)).fault).toMatchObject({ place: 4 });
    });
  });

  test("while the server runs, when what they added takes the place of its next entry", async () => {
    await trail.append(event());
    await trail.append(event());
    const rows = (await rowsNow()).map((row) => ({ ...row, actor_name: "eve" }));
    await replaceAll(madeAnew([...rows, ...rows]));
    await trail.append(event());
    expect((await verifyAudit(database, keeper)).fault).toMatchObject({ place: 5 });
    expect((await rowsNow()).map(({ action }) => action).slice(4)).toEqual([BREAK_ACTION, "site.create"]);
  });

  test("and once that was looked into, what comes after it can be verified alone", async () => {
    for (let count = 0; count < 4; count++) await trail.append(event());
    await replaceAll((await rowsNow()).slice(0, 2));
    trail = restart();
    expect(await trail.begin()).toMatchObject({ place: 3 });
    await trail.append(event());
    expect((await verifyAudit(database, keeper)).fault).toMatchObject({ place: 3 });
    expect(await verifyAudit(database, keeper, 3)).toMatchObject({ entries: 4, fault: null });
    await sql`UPDATE audit_entry SET outcome = 1 WHERE place = 4`.execute(database);
    expect((await verifyAudit(database, keeper, 3)).fault).toMatchObject({ place: 4 });
    await expect(verifyAudit(database, keeper, 9)).rejects.toThrow(InvalidInput);
  });
});

describe("the head", () => {
  test("that is one behind, as after a crash between entry and head, is caught up with", async () => {
    await trail.append(event());
    keeper.writesLeft = 1;
    await trail.append(event());
    expect(keeper.head).toMatchObject({ place: 1 });
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 2, fault: null });
    keeper.writesLeft = 100;
    trail = restart();
    expect(await trail.begin()).toBeNull();
    expect(keeper.head).toMatchObject({ place: 2, next: null });
    await trail.append(event());
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 3, fault: null });
  });

  test("that announced an entry which a crash kept from being written does no harm", async () => {
    await trail.append(event());
    keeper.head = { ...(keeper.head as AuditHead), next: "ab".repeat(32) };
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 1, fault: null });
    trail = restart();
    expect(await trail.begin()).toBeNull();
    await trail.append(event());
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 2, fault: null });
  });

  test("is never more than one behind: without it nothing is appended", async () => {
    await trail.append(event());
    keeper.writesLeft = 1;
    await trail.append(event());
    await expect(trail.append(event())).rejects.toThrow(StorageUnavailable);
    expect(await rowsNow()).toHaveLength(2);
    keeper.writesLeft = 100;
    await trail.append(event());
    expect(keeper.head).toMatchObject({ place: 3 });
  });

  test("that cannot be kept at the start is tried again", async () => {
    keeper.writesLeft = 0;
    await expect(trail.append(event())).rejects.toThrow(StorageUnavailable);
    keeper.writesLeft = 100;
    await trail.append(event());
    expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 1, fault: null });
  });

  test("that does not fit is not kept anew before that was noted, whatever is killed when", async () => {
    for (const died of ["before the entry", "after the entry", "after the head"]) {
      await onLog([event(), event(), event()], async () => {
        await replaceAll((await rowsNow()).slice(0, 1));
        if (died === "before the entry") {
          await sql`CREATE TRIGGER dies BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'dies'); END`.execute(
            database,
          );
        }
        if (died === "after the entry") keeper.writesLeft = 0;
        await Promise.allSettled([restart().begin()]);
        await sql`DROP TRIGGER IF EXISTS dies`.execute(database);
        keeper.writesLeft = Number.POSITIVE_INFINITY;
        await expectFound(2);
      });
    }
  });

  test("that was taken away, or changed, is missed, and still so after a start", async () => {
    for (const head of ["missing", "unreadable", { ...NO_ENTRY, next: null }] as const) {
      await onLog([event(), event(), event()], async () => {
        keeper.head = head;
        await expectFound();
      });
    }
  });
});

test("two that append to one log take turns", async () => {
  await trail.begin();
  const other = new AuditTrail(database, new HeadInMemory(), clock);
  await other.begin();
  await Promise.all(
    [trail, other, trail, other, other, trail].map((one, index) => one.append(event({ detail: { index } }))),
  );
  const details = (await rowsNow()).map(({ detail }) => detail).sort();
  expect(details).toEqual([0, 1, 2, 3, 4, 5].map((index) => JSON.stringify({ index })));
  const newest = (await rowsNow()).at(-1);
  keeper.head = { place: 6, hash: newest?.hash ?? "", next: null };
  expect(await verifyAudit(database, keeper)).toMatchObject({ entries: 6, fault: null });
});

describe("the head's file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kilowatch-audit-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const sealingWith = (byte: number): Sealing =>
    new Sealing(new MasterKey(Buffer.alloc(32)), [{ number: 1, bytes: Buffer.alloc(32, byte) }]);

  test("gives back what was written, and knows what is missing, damaged or another's", async () => {
    const path = join(folder, AUDIT_HEAD_FILE);
    const file = new HeadFile(path, sealingWith(1));
    expect(await file.read()).toBe("missing");
    const head = { place: 12, hash: "ab".repeat(32), next: "cd".repeat(32) };
    await file.write({ ...head, place: 11 });
    await file.write(head);
    expect(await file.read()).toEqual(head);
    expect(await new HeadFile(path, sealingWith(2)).read()).toBe("unreadable");
    writeFileSync(path, JSON.stringify(head));
    expect(await file.read()).toBe("unreadable");
    await expect(new HeadFile(join(folder, "no", "head"), sealingWith(1)).write(head)).rejects.toThrow(
      StorageUnavailable,
    );
  });
});

describe("what is kept of an event", () => {
  test("is bounded, and such as any database gives back", async () => {
    const detailOf = async (text: string) => (await trail.append(event({ detail: { text } }))).detail;
    const most = "x".repeat(AUDIT_DETAIL_CHARS_MAX - '{"text":""}'.length);
    expect(await detailOf(most)).toEqual({ text: most });
    expect(await detailOf(`${most}x`)).toEqual({ cut: AUDIT_DETAIL_CHARS_MAX + 1 });
    const name = "n".repeat(AUDIT_NAME_CHARS_MAX);
    const { actor } = await trail.append(event({ actor: { kind: "key", id: "k", name: `${name}more` } }));
    expect(actor.name).toBe(name);
    const { action } = await trail.append(event({ action: "a\0b\n\ud800" }));
    expect(action).toBe("a\ufffdb\ufffd\ufffd");
    expect((await verifyAudit(database, keeper)).fault).toBeNull();
  });
});

describe("a list", () => {
  test("has pages of every entry once, the newest first, while more are written", async () => {
    for (let count = 1; count <= 23; count++) await trail.append(event());
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await trail.list({ limit: 10, cursor });
      seen.push(...page.items.map(({ place }) => place));
      cursor = page.nextCursor ?? undefined;
      await trail.append(event());
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 23 }, (_, index) => 23 - index));
    for (const nonsense of ["nonsense", "", "LTE"]) {
      await expect(trail.list({ limit: 10, cursor: nonsense })).rejects.toThrow(InvalidInput);
    }
  });

  test("has those of an actor, of an object, of a time", async () => {
    const startMs = clock.nowMs();
    for (const [actorId, objectId] of [
      ["a", "x"],
      ["a", "y"],
      ["b", "x"],
    ] as const) {
      await trail.append(
        event({ actor: { kind: "user", id: actorId, name: null }, object: { kind: "site", id: objectId } }),
      );
      clock.jumpWall(1_000);
    }
    const placesOf = async (filter: Parameters<AuditTrail["list"]>[1]) =>
      (await trail.list({ limit: 10 }, filter)).items.map(({ place }) => place);
    expect(await placesOf({ actorId: "a" })).toEqual([2, 1]);
    expect(await placesOf({ objectId: "x" })).toEqual([3, 1]);
    expect(await placesOf({ actorId: "a", objectId: "x" })).toEqual([1]);
    expect(await placesOf({ fromMs: startMs + 1_000, toMs: startMs + 2_000 })).toEqual([2]);
    expect(await placesOf({ actorId: "c" })).toEqual([]);
  });

  test("shows an entry that somebody has made unreadable", async () => {
    await trail.append(event());
    await sql`UPDATE audit_entry SET detail = 'nonsense'`.execute(database);
    expect((await trail.list({ limit: 1 })).items[0]?.detail).toEqual({ unreadable: true });
  });
});
