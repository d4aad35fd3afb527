import { expect, test } from "vitest";
import { signature, signer } from "./auth.ts";

// Made with: printf %s '<target><token><timestamp>' | md5sum
test.each([
  ["/device/real/query", "interview_token_123", 1_770_141_992_000, "02a29e420337e0eb9166399ad48edd37"],
  ["/base/device/real/query", "t\u00f8ken", 0, "b30255f5c387886ede98dc6a12245af1"],
])("the signature of %s", (target, token, timestampMs, expected) => {
  expect(signature(target, token, timestampMs)).toBe(expected);
});

test("the headers belong together", () => {
  const headers = signer("secret")({ method: "POST", target: "/device/real/query", body: "{}", nowMs: 1234 });
  expect(headers).toEqual({
    authorization: "secret",
    timestamp: "1234",
    signature: signature("/device/real/query", "secret", 1234),
  });
});
