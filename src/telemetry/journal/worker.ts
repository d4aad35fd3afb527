/* The journal's own thread: whoever waits for its disk waits here, and nowhere else. */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { BatchDamaged } from "./batch-codec.ts";
import { JournalFile } from "./journal-file.ts";
import type {
  JournalAnswers,
  JournalMessage,
  JournalRequest,
  JournalThreadOptions,
  JournalWrite,
  NumberedRequest,
} from "./messages.ts";

/** Bytes of batches that one transaction takes, so that a commit stays a matter of milliseconds. */
const COMMIT_BYTES_MAX = 8 * 1024 ** 2;

const WRITES: ReadonlySet<JournalRequest["kind"]> = new Set<JournalWrite["kind"]>([
  "append",
  "checkpoint",
  "removeDirtyDays",
  "addDeletion",
  "removeDeletion",
  "setSetting",
]);

if (!parentPort) throw new Error("this file is the body of a worker thread");
const port = parentPort;
const waiting: NumberedRequest[] = [];

let file: JournalFile | null = null;
try {
  file = new JournalFile(workerData as JournalThreadOptions);
  tell({ kind: "opened", opened: file.opened() });
  port.on("message", (message) => {
    waiting.push(message as NumberedRequest);
    if (file) serve(file);
  });
} catch (error) {
  tell({ kind: "unopened", message: (error as Error).message });
  file?.close();
}

/** Works until nothing waits. What has come while a transaction was under way shares the next one; a lone request does not wait. */
function serve(open: JournalFile): void {
  for (takeIn(); waiting.length > 0; takeIn()) {
    const [first] = waiting;
    if (!first) return;
    if (isWrite(first.request)) writeGroup(open, takeGroup());
    else answerAlone(open, first);
  }
}

function takeIn(): void {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    waiting.push(next.message as NumberedRequest);
  }
}

/** The writes at the head of those that wait, at least one. */
function takeGroup(): NumberedRequest[] {
  let bytes = 0;
  let count = 0;
  for (const { request } of waiting) {
    if (!isWrite(request)) break;
    if (request.kind === "append") bytes += request.batches.reduce((sum, { encoded }) => sum + encoded.byteLength, 0);
    if (count > 0 && bytes > COMMIT_BYTES_MAX) break;
    count++;
  }
  return waiting.splice(0, count);
}

function writeGroup(open: JournalFile, group: readonly NumberedRequest[]): void {
  let answers: JournalAnswers[JournalWrite["kind"]][];
  try {
    answers = open.write(group.map(({ request }) => request as JournalWrite));
  } catch (error) {
    const [first] = group;
    if (!first) return;
    // Each by itself: what makes room must not fail beside what finds none.
    if (group.length > 1) for (const each of group) writeGroup(open, [each]);
    else fail(first.id, error);
    return;
  }
  group.forEach(({ id, request }, index) => {
    const answer = answers[index] ?? null;
    const buffers = request.kind === "append" ? request.batches.map(({ encoded }) => encoded.buffer) : [];
    tell({ kind: "answer", id, answer }, buffers);
  });
  open.copyLog();
}

function answerAlone(open: JournalFile, { id, request }: NumberedRequest): void {
  waiting.shift();
  try {
    if (request.kind === "close") {
      open.close();
      tell({ kind: "answer", id, answer: null });
      port.close();
    } else if (request.kind === "read") {
      const batches = open.readBatches(request.afterSeq, request.readingsMax, request.throughSeq);
      tell(
        { kind: "answer", id, answer: batches },
        batches.map(({ encoded }) => encoded.buffer),
      );
    } else if (!isWrite(request)) tell({ kind: "answer", id, answer: open.read(request) });
  } catch (error) {
    fail(id, error);
  }
}

function isWrite(request: JournalRequest): request is JournalWrite {
  return WRITES.has(request.kind);
}

function fail(id: number, error: unknown): void {
  tell({ kind: "failure", id, isDamage: error instanceof BatchDamaged, message: (error as Error).message });
}

function tell(message: JournalMessage, buffers: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, buffers);
}
