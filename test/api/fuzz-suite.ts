import { Agent, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { besideSockets } from "../../src/collect/beside-sockets.fixture.ts";
import { ANSWER_MS_MAX, AnswerCheck, type FuzzAnswer } from "./fuzz-answers.ts";
import { type ApiDocument, type FuzzRequest, type Operation, operationsOf } from "./fuzz-operations.ts";
import { fuzzRequests } from "./fuzz-requests.ts";
import { FuzzWorld } from "./fuzz-world.ts";

/** Requests after which the objects are made anew. */
const RENEWED_EVERY = 250;
/** What a request may take on the mean, with what is made for it, on a machine that is busy with other things. */
const REQUEST_MS_MAX = 80;
/** Least share of the operations of which one request at least must have been granted: the generator is of use only while it gets in. */
const GRANTED_SHARE_MIN = 0.7;
/** Faults told in full; the rest are counted. */
const FAULTS_TOLD = 20;

/** Sends `count` requests of each seed to a server of its own over real sockets. A failure names the seed, with which it comes again. */
export function fuzzSuite(seeds: readonly number[], count: number): void {
  test.each(seeds)(
    `${count} generated requests find no fault (seed %i)`,
    async (seed) => {
      const world = await FuzzWorld.open();
      const { server } = world;
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        await server.app.listen({ host: "127.0.0.1", port: 0 });
        const { port } = server.app.server.address() as AddressInfo;
        const document = (await server.app.inject("/api/v1/openapi.json")).json<ApiDocument>();
        const check = new AnswerCheck(document);
        const faults: string[] = [];
        const reached = new Set<Operation>();
        let sent = 0;
        for (const request of fuzzRequests(document, seed, count)) {
          if (sent > 0 && sent % RENEWED_EVERY === 0) await world.renew();
          const answering = answered(world, request, agent, port);
          // What asks a vendor waits for its limits, and time stands still here.
          const asksVendor = request.operation.path.includes("/connections");
          const answer = await (asksVendor ? besideSockets(server.clock, answering) : answering);
          const fault = check.faultOf(request, answer);
          if (fault !== null) faults.push(`#${sent} ${world.wordsFor(request)}\n    ${fault}`);
          if (answer.status < 300) reached.add(request.operation);
          // A sign-in that is wrong, and credentials that are, say nothing of the actor's own.
          const isActorRefused =
            answer.status === 401 && !("authorization" in request.headers) && request.actor !== "nobody";
          if (isActorRefused && !/\/(auth|setup|me)\b/.test(request.operation.path)) await world.letIn(request.actor);
          sent++;
        }
        expect(faults.slice(0, FAULTS_TOLD), `seed ${seed}: ${faults.length} faults`).toEqual([]);
        expect(sent).toBe(count);
        expect(reached.size).toBeGreaterThan(operationsOf(document).length * GRANTED_SHARE_MIN);
        expect((await server.app.inject("/healthz")).statusCode).toBe(200);
        await server.reopenKeys();
      } finally {
        agent.destroy();
        await world.server.close();
      }
    },
    count * REQUEST_MS_MAX,
  );
}

function answered(world: FuzzWorld, request: FuzzRequest, agent: Agent, port: number): Promise<FuzzAnswer> {
  const { actor, method, headers } = request;
  const body = request.body === null ? undefined : Buffer.from(world.filled(request.body));
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const asked = ask(
      {
        host: "127.0.0.1",
        port,
        agent,
        method,
        path: world.filled(request.path),
        headers: {
          ...(body && { "content-length": String(body.length) }),
          ...world.credentialsOf(actor),
          ...headers,
        },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers["content-type"] ?? "",
            text: Buffer.concat(pieces).toString("utf8"),
            tookMs: performance.now() - startedMs,
          }),
        );
      },
    );
    const cutOff = setTimeout(
      () => asked.destroy(new Error(`no answer in ${2 * ANSWER_MS_MAX} ms: ${world.wordsFor(request)}`)),
      2 * ANSWER_MS_MAX,
    );
    asked.on("close", () => clearTimeout(cutOff));
    asked.on("error", (error) => reject(new Error(world.wordsFor(request), { cause: error })));
    asked.end(body);
  });
}
