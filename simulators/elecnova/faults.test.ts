import { describe, expect, test } from "vitest";
import { parseFaults } from "./faults.ts";

describe("this vendor's faults on a command line", () => {
  test.each([
    ["clock-skew-ms=-900000,token-revoked=0.01", { "clock-skew-ms": -900_000, "token-revoked": 0.01 }],
    [
      "code-500=2x,null-body=1,mqtt-duplicate=0.1,mqtt-out-of-order=.2,broker-restart=1x",
      {
        "code-500": { next: 2 },
        "null-body": 1,
        "mqtt-duplicate": 0.1,
        "mqtt-out-of-order": 0.2,
        "broker-restart": { next: 1 },
      },
    ],
  ])("%s", (text, faults) => expect(parseFaults(text)).toEqual(faults));

  test("another vendor's are none", () => {
    expect(() => parseFaults("unreadable=1")).toThrow(
      /"unreadable" is no fault; the faults are: storm, .*broker-restart/,
    );
  });
});
