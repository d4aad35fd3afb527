import { type Sample, type Spread, spreadOf } from "../figures.ts";
import type { Peer } from "../peer.ts";
import type { PartResult, Results } from "../results.ts";
import { type Bound, holds, REQUIREMENTS, type Requirement } from "./requirements.ts";
import { SECTIONS, type Section } from "./sections.ts";

/** The whole of docs/benchmarks.md, from the figures there are. */
export function reportText(results: Results, peers: readonly Peer[]): string {
  return `${[
    "# Benchmarks",
    "Written by `npm run bench` ([bench/peers](../bench/peers/run.ts)); not edited by hand.",
    howItWasMeasured(results, peers),
    "## What must hold",
    "Ratios are Kilowatch's figure over the peer's, made within one round; medians, with the least and the most of all rounds.",
    requirementsTable(results.samples),
    ...SECTIONS.map((section) => sectionText(section, results)),
  ]
    .filter((text) => text !== "")
    .join("\n\n")}\n`;
}

function howItWasMeasured({ parts }: Results, peers: readonly Peer[]): string {
  const [part] = Object.values(parts).toSorted((a, b) => b.takenAt.localeCompare(a.takenAt));
  if (!part) return "Nothing was measured yet.";
  const { cpu, cores, memoryGib, kernel, fileSystem, node } = part.machine;
  const versions = Object.assign({}, ...Object.values(parts).map((one) => one.versions)) as Record<string, string>;
  const peerLines = peers.map(({ id, name, setup }) => `- **${name}** ${versions[id] ?? "(not measured)"}: ${setup}`);
  return [
    `Machine: ${cpu}, ${cores} cores, ${memoryGib} GiB, ${kernel}, ${fileSystem}; Node ${node}. Everything, the sender too, shares these cores.`,
    peerLines.join("\n"),
    "Rounds go A B C, A B C, …: one peer runs at a time, started for its turn and stopped after it, on an empty folder or on a copy of a loaded one. " +
      "One sender for all: raw sockets, HTTP/1.1 kept alive, one request at a time on a connection, 10,000 lines a body, no compression, " +
      "bodies made before the clock starts. Data sets are seeded: **A** 2,000 series × 10 s × 2 days, two decimals, noise of σ = 0.05 about a daily " +
      "sine; **B** the same with times 0 to 200 ms late; **C** 50,000 series × 15 min × 30 days. Lines come in the order of time, as devices push.",
    `\`\`\`sh\n${Object.values(parts)
      .map(
        ({ command, takenAt, commit, scale }) =>
          `${command}  # ${takenAt.slice(0, 16)}Z, commit ${commit}${scale === 1 ? "" : `, scale ${scale}`}`,
      )
      .join("\n")}\n\`\`\``,
  ].join("\n\n");
}

function requirementsTable(samples: readonly Sample[]): string {
  const rows = REQUIREMENTS.map((requirement) => {
    const { what, must, aim, unit } = requirement;
    return [what, boundText(must, unit), aim ? boundText(aim, unit) : "", ...verdict(requirement, samples)];
  });
  return table(["what", "must", "aim", "measured", "least to most", "rounds", "holds"], rows);
}

function verdict({ figures, must, aim, unit }: Requirement, samples: readonly Sample[]): string[] {
  const values = figures(samples);
  if (values.length === 0) return ["not measured", "", "", ""];
  const spread = spreadOf(values);
  const word = !holds(must, spread.median) ? "**no**" : aim && holds(aim, spread.median) ? "yes, and the aim" : "yes";
  return [valueText(spread.median, unit), rangeText(spread, unit), String(spread.count), word];
}

function sectionText({ part, title, about, rows }: Section, results: Results): string {
  const measured = results.parts[part];
  if (!measured || measured.samples.length === 0) return "";
  const subjects = [...new Set(measured.samples.map(({ subject }) => subject))];
  const lines = rows
    .map(({ measure, name }) => [
      name,
      unitOf(measured, measure),
      ...subjects.map((subject) => cell(measured, measure, subject)),
    ])
    .filter(([, ...cells]) => cells.slice(1).some((text) => text !== ""));
  const notes = measured.notes.map((note) => `- ${note}`).join("\n");
  return [`## ${title}`, about, table(["", "unit", ...subjects], lines), notes]
    .filter((text) => text !== "")
    .join("\n\n");
}

function unitOf({ samples }: PartResult, measure: string): string {
  return samples.find((sample) => sample.measure === measure)?.unit ?? "";
}

function cell({ samples }: PartResult, measure: string, subject: string): string {
  const values = samples.filter((sample) => sample.measure === measure && sample.subject === subject);
  if (values.length === 0) return "";
  const spread = spreadOf(values.map(({ value }) => value));
  const range = spread.count > 1 ? ` (${numberText(spread.least)} to ${numberText(spread.most)})` : "";
  return numberText(spread.median) + range;
}

function boundText({ side, value }: Bound, unit: Requirement["unit"]): string {
  return `${side === "at least" ? "≥" : "≤"} ${valueText(value, unit)}`;
}

function rangeText({ least, most }: Spread, unit: Requirement["unit"]): string {
  return `${valueText(least, unit)} to ${valueText(most, unit)}`;
}

function valueText(value: number, unit: Requirement["unit"]): string {
  return unit === "share" ? `${(value * 100).toFixed(1)} %` : `${numberText(value)} ${unit}`;
}

/** Three digits that count; whole numbers in groups of three. */
function numberText(value: number): string {
  const rounded = value === 0 ? 0 : Number(value.toPrecision(3));
  return rounded.toLocaleString("en", { maximumFractionDigits: 4 });
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
