import type { FastifyReply, FastifyRequest } from "fastify";
import { NOBODY_POLICY, type RequestLimits, type RequestPolicy, SIGNED_IN_POLICY } from "../access/request-limits.ts";
import { TooManyRequests } from "../domain/errors.ts";

/** `RateLimit-Policy`, written once: every answer carries it. */
const POLICY_FIELDS = new Map([SIGNED_IN_POLICY, NOBODY_POLICY].map((policy) => [policy, policyField(policy)]));

/**
 * Counts a request of the actor who was found, and tells them where they stand: `RateLimit` and `RateLimit-Policy` of
 * draft-ietf-httpapi-ratelimit-headers. @throws TooManyRequests
 */
export function countRequest(limits: RequestLimits, request: FastifyRequest, reply: FastifyReply): void {
  const { policy, isGranted, remaining, resetS } = limits.take(request.actor, request);
  reply.header("ratelimit-policy", POLICY_FIELDS.get(policy));
  reply.header("ratelimit", `"${policy.name}";r=${remaining};t=${resetS}`);
  if (isGranted) return;
  throw new TooManyRequests(
    `No more than ${policy.requestsMax} requests in ${policy.windowMs / 1_000} s: go on in ${resetS} s.`,
    resetS,
  );
}

function policyField({ name, requestsMax, windowMs }: RequestPolicy): string {
  return `"${name}";q=${requestsMax};w=${windowMs / 1_000}`;
}
