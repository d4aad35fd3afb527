import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Me } from "../web/src/lib/api/types.gen.ts";
import { StubFleet } from "./stub-fleet.ts";

/**
 * Measures the built pages by themselves: `node bench/web.ts` after `npm run build -w web`.
 * Prints the server's time for the fleet page with 500 rows (against an API that costs next to nothing) and how much JavaScript it loads.
 */

const DEVICES = 500;
const WARM_UP = 200;
const ROUNDS = 500;
const HANDLER = new URL("../web/build/handler.js", import.meta.url);

const { handler } = (await import(HANDLER.href)) as { handler: RequestListener };
const me: Me = { user: null, role: "viewer", sites: [], demo: true };
const fleet = new StubFleet({ devices: DEVICES, me });

const server = createServer((request, response) => {
  const api = (asked: Request): Promise<Response> => Promise.resolve(fleet.respond(asked));
  (request as IncomingMessage & Record<symbol, unknown>)[Symbol.for("kilowatch.api")] = api;
  handler(request, response);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const tookMs: number[] = [];
let html = "";
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  const startMs = performance.now();
  html = await (await fetch(`${origin}/`)).text();
  if (round >= WARM_UP) tookMs.push(performance.now() - startMs);
}
tookMs.sort((a, b) => a - b);
const quantileMs = (share: number): string =>
  (tookMs[Math.floor(share * (tookMs.length - 1))] ?? Number.NaN).toFixed(1);

const scripts = await loadedScripts(html);
const compressed = (compress: (bytes: Buffer) => Buffer): string =>
  kilobytes(scripts.reduce((sum, code) => sum + compress(code).length, 0));
const rows = html.match(/<li [^>]*><a class="name/g)?.length ?? html.split('href="/devices/').length - 1;

console.log(
  `fleet page, ${rows} rows, ${kilobytes(Buffer.byteLength(html))} of HTML (${kilobytes(gzipSync(html).length)} gzip)`,
);
console.log(`server time over ${ROUNDS} requests: p50 ${quantileMs(0.5)} ms, p99 ${quantileMs(0.99)} ms`);
console.log(
  `JavaScript that it loads: ${scripts.length} files, ${compressed(gzipSync)} gzip, ${compressed(brotliCompressSync)} brotli`,
);
server.close();
server.closeAllConnections();

/** Every script that the page names or that those import at once, by content. */
async function loadedScripts(page: string): Promise<Buffer[]> {
  const waiting = [...page.matchAll(/(?:href|import\()\s*=?\s*"([^"]+\.js)"/g)].map(
    ([, path]) => new URL(path ?? "", `${origin}/`).href,
  );
  const contents = new Map<string, Buffer>();
  for (let href = waiting.pop(); href !== undefined; href = waiting.pop()) {
    if (contents.has(href)) continue;
    const code = Buffer.from(await (await fetch(href)).arrayBuffer());
    contents.set(href, code);
    for (const [, path] of code.toString().matchAll(/(?:from|import)\s*"([^"]+\.js)"/g))
      waiting.push(new URL(path ?? "", href).href);
  }
  return [...contents.values()];
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} KB`;
}
