import { describe, expect, test } from "vitest";
import {
  VendorAddressRefused,
  VendorAuthRejected,
  type VendorError,
  VendorProtocolError,
  VendorRateLimited,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "../vendors/vendor.ts";
import { diagnose, type FailureReason } from "./diagnosis.ts";

/* What the simulators cannot be made to do; what they can is in probe.test.ts. The words of an error must not matter: they are the same in all. */

const WORDS = "The vendor said something.";
const facts = (status: number | null = null) => ({ status, attempts: 1, requestId: null, body: null });
const refused = (status: number, code: string | null = null) => new VendorRefused(WORDS, facts(status), code, null);

describe("a failure is told from its type, status and code", () => {
  test.each<[string, VendorError, boolean, FailureReason]>([
    ["a host that has no address", new VendorUnavailable(WORDS, facts(), "ENOTFOUND"), false, "address"],
    ["a name server that does not answer", new VendorUnavailable(WORDS, facts(), "EAI_AGAIN"), false, "network"],
    [
      "a certificate of somebody else",
      new VendorUnavailable(WORDS, facts(), "ERR_TLS_CERT_ALTNAME_INVALID"),
      false,
      "network",
    ],
    ["a gateway without a vendor", new VendorUnavailable(WORDS, facts(502)), true, "network"],
    ["no answer in time", new VendorTimeout(WORDS, facts()), true, "network"],
    ["an address that is barred", new VendorAddressRefused(WORDS, facts()), false, "address"],
    ["a limit", new VendorRateLimited(WORDS, facts(429), 0), true, "quota"],
    ["another shape", new VendorProtocolError(WORDS, facts(200)), true, "protocol"],
    ["401 at first", new VendorAuthRejected(WORDS, facts(401)), false, "credential"],
    ["401 after a login", new VendorAuthRejected(WORDS, facts(401)), true, "signature"],
    ["401 by another clock", new VendorAuthRejected(WORDS, facts(401), { clockAheadMs: -9e4 }), true, "clock"],
    ["403", new VendorAuthRejected(WORDS, facts(403)), false, "permission"],
    ["403 inside HTTP 200", refused(200, "403"), true, "permission"],
    ["404 at first", refused(404), false, "address"],
    ["404 after a login", refused(404), true, "permission"],
    ["404 inside HTTP 200, after a login", refused(200, "404"), true, "permission"],
    ["elsewhere", refused(308), false, "address"],
    ["a call that is not understood", refused(422), true, "protocol"],
  ])("%s", (_what, error, answeredBefore, reason) => {
    const diagnosis = diagnose(error, answeredBefore);
    expect(diagnosis.reason).toBe(reason);
    expect(diagnosis.message.startsWith(`${WORDS} `)).toBe(true);
  });
});
