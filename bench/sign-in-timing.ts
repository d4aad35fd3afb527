/*
 * Measures whether the time of a refused sign-in tells whether an account exists: `nice node bench/sign-in-timing.ts [pairs]`. The real server
 * over HTTP, a wrong password for an account that is there and for one that is not, in turn. Its clock stands still but for half an hour
 * after each pair, so that no attempt has to wait. Prints both medians and the p-value of a two-sided Mann-Whitney U test: one below 0.01
 * says that the two can be told apart.
 */
import { ADMIN, startApiServer } from "../test/api/api-server.ts";

const PAIRS = Number(process.argv[2] ?? 1_000);
const WARM_UP_PAIRS = 50;
const BETWEEN_PAIRS_MS = 1_800_000;
/** As long as the other, so that only being there differs. */
const STRANGER = "bob@example.org";

const server = await startApiServer();
await server.signInAsAdmin();
const origin = await server.app.listen({ host: "127.0.0.1", port: 0 });
const knownMs: number[] = [];
const unknownMs: number[] = [];
for (let pair = -WARM_UP_PAIRS; pair < PAIRS; pair++) {
  // Who comes first changes at random: whatever comes in turns on the machine must not fall on one of them.
  const isKnownFirst = Math.random() < 0.5;
  const firstMs = await refusalMs(isKnownFirst ? ADMIN.email : STRANGER);
  const secondMs = await refusalMs(isKnownFirst ? STRANGER : ADMIN.email);
  if (pair >= 0) {
    knownMs.push(isKnownFirst ? firstMs : secondMs);
    unknownMs.push(isKnownFirst ? secondMs : firstMs);
  }
  await server.clock.advance(BETWEEN_PAIRS_MS);
}
await server.close();

console.log(`${PAIRS} pairs; median ms: known ${median(knownMs).toFixed(3)}, unknown ${median(unknownMs).toFixed(3)}`);
console.log(`Mann-Whitney U, two-sided: p = ${mannWhitneyP(knownMs, unknownMs).toFixed(4)}`);

async function refusalMs(email: string): Promise<number> {
  const body = JSON.stringify({ email, password: "not the password" });
  const startMs = performance.now();
  const answer = await fetch(`${origin}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  await answer.arrayBuffer();
  const tookMs = performance.now() - startMs;
  if (answer.status !== 401) throw new Error(`a wrong password was answered with ${answer.status}`);
  return tookMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** By the normal approximation, which is exact enough from 20 values on; times to the nanosecond hardly tie. */
function mannWhitneyP(a: readonly number[], b: readonly number[]): number {
  const ranked = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))];
  ranked.sort((left, right) => left.value - right.value);
  const rankSum = ranked.reduce((sum, { isA }, index) => (isA ? sum + index + 1 : sum), 0);
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  const deviation = Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
  return 2 * normalTail(Math.abs(u - mean) / deviation);
}

/** Share of the standard normal distribution beyond `z` ≥ 0, by Simpson's rule over eight deviations. */
function normalTail(z: number): number {
  const STEPS = 4_000;
  const width = 8 / STEPS;
  const density = (x: number): number => Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(z) + density(z + 8);
  for (let step = 1; step < STEPS; step++) sum += density(z + step * width) * (step % 2 === 0 ? 2 : 4);
  return (sum * width) / 3;
}
