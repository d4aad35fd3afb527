import { expect, test } from "vitest";
import { signature, signer, tokenHeaders } from "./auth.ts";

// Made with: printf %s '<path><timestamp>' | openssl dgst -sha256 -hmac '<secret>' -r | cut -c1-64 | tr -d '\n' | base64 -w0
test.each([
  [
    "/comm/client",
    "demo-secret",
    1_770_141_992_000,
    "MjE4M2Q1MDA2NjFmZWZmZjg1MzM3MTdiMTBlZDE0OWQwZmVkMGYwYmYwMWI3ZWRiODUyMmM5NTNmYWNkYThmMQ==",
  ],
  [
    "/base/api/v1/dev/ESS%20%C3%A4",
    "t\u00f8p secret",
    0,
    "YzMxODVkMjc4MDg5MmQ5YjliYjgxYTk4MzVjYjdkNDcyNTMzYjJjMDAzMjA0MWUzNjBjMDkzYzBiNWFhNGI5MQ==",
  ],
])("the signature of %s", (path, secret, timestampMs, expected) => {
  expect(signature(path, secret, timestampMs)).toBe(expected);
});

const attempt = { method: "GET", body: null, nowMs: 1234 };

test("a live call is signed over its own path, without the query", () => {
  const headers = signer("id", "secret", "live")({ ...attempt, target: "/api/v1/dev?page=1&pageSize=2" });
  expect(headers).toEqual({
    "x-access-id": "id",
    "x-timestamp": "1234",
    "x-signature": signature("/api/v1/dev", "secret", 1234),
  });
});

test.each([
  ["/comm/client", true],
  ["/base/comm/client", true],
  ["/api/v1/dev", false],
  ["/api/v1/dev/comm%2Fclient", false],
])("as documented, %s is signed: %s", (target, signed) => {
  const headers = signer("id", "secret", "documented")({ ...attempt, target });
  expect("x-signature" in headers).toBe(signed);
});

test("the token is shown bare, or as a bearer's", () => {
  const login = { id: "1", username: "u", password: "p", token: "t" };
  expect(tokenHeaders(login, "live")).toEqual({ authorization: "t", "x-language-type": "en" });
  expect(tokenHeaders(login, "documented")).toEqual({ authorization: "Bearer t" });
});
