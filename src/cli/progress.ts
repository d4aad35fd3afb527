import { say, visible } from "./terminal.ts";

/** How far a long command is. Shown on stderr. */
export interface Progress {
  /** `done` counts up to the total; `leftMs` is how long the rest will take; `also` is worth a word beside it. */
  advance(done: number, leftMs: number, also?: string): void;
  /** How much there is, where that is learned on the way. */
  setTotal(total: number): void;
  /** Something worth knowing on the way, such as why it goes slower. */
  note(words: string): void;
  /** Takes the bar away; words may follow. */
  stop(): void;
}

export interface ProgressOptions {
  readonly title: string;
  readonly total: number;
  /** What is counted, as in "devices". */
  readonly unit: string;
  /** No bar, since stdout, which may be the same terminal, takes what comes. */
  readonly plain?: boolean;
}

/** Into a pipe or a log file, one line in this time is enough. */
const LINE_EVERY_MS = 10_000;

/** A bar with the time left on a terminal; a plain line now and then elsewhere. */
export async function startProgress(options: ProgressOptions): Promise<Progress> {
  return process.stderr.isTTY && !options.plain ? bar(options) : lines(options);
}

async function bar({ title, total, unit }: ProgressOptions): Promise<Progress> {
  const { SingleBar, Presets } = await import("cli-progress");
  const shown = new SingleBar(
    {
      format: `${title} {bar} {value}/{total} ${unit} · {duration_formatted} · {left} left{also}{note}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      // Ctrl-C belongs to the command, which has a report to write.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  shown.start(total, 0, { left: "…", also: "", note: "" });
  return {
    advance: (done, leftMs, also) =>
      shown.update(done, { left: secondsText(leftMs), also: also ? ` · ${also}` : "", note: "" }),
    setTotal: (total) => shown.setTotal(total),
    note: (words) => shown.update({ note: ` · ${visible(words)}` }),
    stop: () => shown.stop(),
  };
}

function lines({ title, total: atFirst, unit }: ProgressOptions): Progress {
  let total = atFirst;
  let linesAtMs = performance.now();
  let notesAtMs = Number.NEGATIVE_INFINITY;
  return {
    advance(done, leftMs, also) {
      if (performance.now() - linesAtMs < LINE_EVERY_MS) return;
      linesAtMs = performance.now();
      say(`${title}: ${done}/${total} ${unit}, ${secondsText(leftMs)} left${also ? `, ${also}` : ""}`);
    },
    setTotal(learned) {
      total = learned;
    },
    note(words) {
      if (performance.now() - notesAtMs < LINE_EVERY_MS) return;
      notesAtMs = performance.now();
      say(words);
    },
    stop() {},
  };
}

function secondsText(durationMs: number): string {
  const seconds = Math.max(0, Math.ceil(durationMs / 1_000));
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
