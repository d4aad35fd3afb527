import type { FastifyRequest } from "fastify";
import type { SignInOrigin } from "../access/sign-in-throttle.ts";
import { cookieOf, DEVICE_COOKIE } from "./cookies.ts";

/** Where a password or a code comes from. */
export function originOf(request: FastifyRequest): SignInOrigin {
  return { address: request.ip, device: cookieOf(request, DEVICE_COOKIE) };
}
