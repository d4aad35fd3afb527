/*
 * Measures what a server takes while nobody asks anything of it: `node bench/idle.ts [serve|demo|page]`, Linux only, 95 s for each.
 * Memory is the proportional set (PSS): what processes share is counted once. Run it while no other Kilowatch runs, since
 * that one would share the libraries and make this one look smaller. CPU is user and system time of all threads.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { childrenOf, ServerProcess, temporaryFolder } from "../e2e/server-process.ts";

const SETTLE_MS = 30_000;
const MEASURED_MS = 60_000;
/** USER_HZ of Linux: /proc counts CPU time in ticks of 10 ms. */
const TICK_MS = 10;
/** What an idle server may take in all. */
const PSS_MB_MAX = 450;
const CPU_PERCENT_MAX = 3;

interface Usage {
  readonly name: string;
  readonly pssMb: number;
  readonly rssMb: number;
  /** Of this, memory that belongs to no file. */
  readonly anonymousMb: number;
  readonly cpuPercent: number;
}

const chosen = process.argv[2];
const nothing = async (): Promise<void> => {};
if (chosen === undefined || chosen === "serve") await section("serve, empty data folder", "serve", nothing);
// The demo's server holds its own simulator: its share of the work is not the server's.
if (chosen === undefined || chosen === "demo")
  await section("demo, 500 inverters polled at the vendor's limit", "demo", nothing);
if (chosen === undefined || chosen === "page")
  await section("demo, and one page with 500 live rows open", "demo", openFleetPage);

/** Starts the program, lets it settle, and prints what it took over a minute. */
async function section(
  title: string,
  command: "demo" | "serve",
  begin: (server: ServerProcess) => Promise<unknown>,
): Promise<void> {
  using folder = temporaryFolder();
  const server = await ServerProcess.start({ command, dataDir: folder.path });
  try {
    await begin(server);
    await sleep(SETTLE_MS);
    const usages = await measured([server.pid, ...childrenOf(server.pid)]);
    print(title, usages);
  } finally {
    await server.stop();
  }
}

/** Looks at the fleet as a browser does: the page, and then its live stream for as long as the server runs. */
async function openFleetPage({ url }: ServerProcess): Promise<void> {
  await (await fetch(`${url}/`)).text();
  const stream = await fetch(`${url}/api/v1/stream`, { headers: { accept: "text/event-stream" } });
  if (!stream.ok || !stream.body) throw new Error(`the live stream answered ${stream.status}`);
  // It breaks when the server stops.
  void stream.body.pipeTo(new WritableStream()).catch(() => {});
}

async function measured(processIds: readonly number[]): Promise<Usage[]> {
  const before = processIds.map((processId) => cpuMs(processId));
  const fromMs = performance.now();
  await sleep(MEASURED_MS);
  const tookMs = performance.now() - fromMs;
  return processIds.map((processId, index) => {
    const rollup = readFileSync(`/proc/${processId}/smaps_rollup`, "utf8");
    const megabytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1]) / 1_024;
    return {
      name: readFileSync(`/proc/${processId}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
      pssMb: megabytes("Pss"),
      rssMb: megabytes("Rss"),
      anonymousMb: megabytes("Pss_Anon"),
      cpuPercent: ((cpuMs(processId) - (before[index] ?? 0)) / tookMs) * 100,
    };
  });
}

function cpuMs(processId: number): number {
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it.
  const afterName = readFileSync(`/proc/${processId}/stat`, "utf8").split(") ")[1] ?? "";
  const [user, system] = afterName.split(" ").slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * TICK_MS;
}

function print(title: string, usages: readonly Usage[]): void {
  const sum = (of: (usage: Usage) => number): number => usages.reduce((total, usage) => total + of(usage), 0);
  const rows = [
    ...usages.map((usage) => ({ ...usage, name: usage.name.includes("engine") ? "engine" : "server" })),
    {
      name: "in all",
      pssMb: sum(({ pssMb }) => pssMb),
      rssMb: sum(({ rssMb }) => rssMb),
      anonymousMb: sum(({ anonymousMb }) => anonymousMb),
      cpuPercent: sum(({ cpuPercent }) => cpuPercent),
    },
  ];
  console.log(`\n${title}`);
  for (const { name, pssMb, rssMb, anonymousMb, cpuPercent } of rows) {
    console.log(
      `  ${name.padEnd(7)} PSS ${pssMb.toFixed(0).padStart(4)} MB  RSS ${rssMb.toFixed(0).padStart(4)} MB  ` +
        `anonymous ${anonymousMb.toFixed(0).padStart(4)} MB  CPU ${cpuPercent.toFixed(2).padStart(5)} % of a core`,
    );
  }
  const all = rows.at(-1);
  const holds = all !== undefined && all.pssMb <= PSS_MB_MAX && all.cpuPercent < CPU_PERCENT_MAX;
  console.log(`  ${holds ? "within" : "OVER"} ${PSS_MB_MAX} MB and ${CPU_PERCENT_MAX} %`);
}
