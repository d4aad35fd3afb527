import { describe, expect, test } from "vitest";
import { isCrossSiteWrite } from "./cross-site.ts";

describe("isCrossSiteWrite", () => {
  test.each<[string, string, Record<string, string>, boolean]>([
    ["reading is never refused", "GET", { "sec-fetch-site": "cross-site" }, false],
    ["the browser says same origin", "POST", { "sec-fetch-site": "same-origin" }, false],
    ["the browser says same site, another origin", "POST", { "sec-fetch-site": "same-site" }, true],
    [
      "the browser says cross site, whatever Origin says",
      "POST",
      { "sec-fetch-site": "cross-site", origin: "http://a:1", host: "a:1" },
      true,
    ],
    [
      "the same host and port, scheme unknown",
      "POST",
      { origin: "http://127.0.0.1:8080", host: "127.0.0.1:8080" },
      false,
    ],
    ["another port", "POST", { origin: "http://127.0.0.1:9", host: "127.0.0.1:8080" }, true],
    ["case of the host does not matter", "POST", { origin: "https://pv.example", host: "PV.example" }, false],
    ["an opaque origin", "POST", { origin: "null", host: "pv.example" }, true],
    ["no word about where it comes from", "POST", { host: "pv.example" }, true],
  ])("%s", (_name, method, headers, refused) => {
    expect(isCrossSiteWrite(method, new Headers(headers))).toBe(refused);
  });
});
