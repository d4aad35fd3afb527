import type { Fleet, FleetDevice } from "../api/types.gen.ts";
import { formatPower } from "../format/power.ts";
import { text } from "../text.ts";

type Device = Pick<FleetDevice, "siteId" | "name" | "activePowerW" | "status">;

/**
 * Whether who asks did not say that it reads HTML: curl, wget and scripts send "*" for any form or nothing, browsers
 * (those for the terminal too) name HTML.
 */
export function isForTerminal(method: string, pathname: string, accept: string | null): boolean {
  return method === "GET" && pathname === "/" && !(accept ?? "").includes("text/html");
}

/** The fleet as a few kilobytes that can be read in a terminal and cut with `grep`: a line a site, then a line an inverter. */
export function terminalPage(fleet: Fleet, devices: readonly Device[]): string {
  const { online, offline, unknown, total } = fleet.devices;
  const nameWidth = Math.max(0, ...devices.map(({ name }) => name.length));
  const lines = [
    `${text.product} · ${power(fleet.activePowerW)} · ${online} ${text.status.online}, ${offline} ${text.status.offline}, ${unknown} ${text.status.unknown}`,
    ...fleet.connections.filter(({ message }) => message !== null).map(({ name, message }) => `! ${name}: ${message}`),
  ];
  for (const site of fleet.sites) {
    lines.push("", `${site.name} · ${power(site.activePowerW)}`);
    const own = devices.filter(({ siteId }) => siteId === site.id);
    for (const { name, activePowerW, status } of own) {
      lines.push(`${name.padEnd(nameWidth)} ${power(activePowerW).padStart(7)} ${text.status[status]}`);
    }
  }
  if (devices.length < total) lines.push("", text.fleet.shown(devices.length, total));
  return documentOf(lines.join("\n"));
}

/** What is said instead when the visitor may not see the fleet. */
export function terminalNotice(words: string): string {
  return documentOf(words);
}

function power(activePowerW: number | null): string {
  return activePowerW === null ? text.noValue : formatPower(activePowerW).replace("\u00a0", " ");
}

function documentOf(words: string): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${text.product}</title><pre>\n${escaped}\n</pre></html>\n`;
}
