import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { SeenRequest, VendorAnswer } from "../transport/virtual-vendor.ts";
import { fleetOf, openScene, type Purpose, type Scene, sweepAll, type VendorHarness } from "./contract-scene.ts";

const PURPOSES: readonly Purpose[] = ["login", "lookup", "devices"];

/** The part of the suite that is about secrets: no error, message or dump may hold one. */
export function secretsContract(harness: VendorHarness): void {
  const { definition } = harness;

  describe("secrets", () => {
    test.each([200, 302, 400, 401, 429, 500])(
      "show in no dump when a vendor repeats them with HTTP %d",
      async (status) => {
        for (const credential of [harness.credential, harness.wrongCredential]) {
          for (const from of PURPOSES) {
            const secrets = (): readonly string[] => [...harness.secrets(credential), ...stage.vendor.tokens()];
            const echo = (request: SeenRequest): VendorAnswer => {
              const body = JSON.stringify({
                error: request.headers,
                secrets: secrets(),
                url: encodeURIComponent(secrets().join(" ")),
              });
              return { status, body, headers: { location: body, "x-request-id": body } };
            };
            const echoes = (purpose: Purpose): boolean => PURPOSES.indexOf(purpose) >= PURPOSES.indexOf(from);
            const stage: Scene = openScene(harness, {
              credential,
              behaviour: (request, purpose) => (echoes(purpose) ? echo(request) : undefined),
            });
            const outcome = await stage.clock.run(
              sweepAll(stage, fleetOf(harness, 1)).catch((error: unknown) => error),
            );
            expectNoneOf(secrets(), outcome);
            expectNoneOf(secrets(), stage.client);
          }
        }
      },
    );

    test("show in no dump of the definition's refusal of a broken credential", () => {
      const broken = { ...harness.credential, unknown: "x" };
      const refusal = definition.credential.safeParse(broken);
      expect(refusal.success).toBe(false);
      expectNoneOf(harness.secrets(harness.credential), refusal.error);
    });
  });
}

function expectNoneOf(secrets: readonly string[], value: unknown): void {
  const everything = { depth: Number.POSITIVE_INFINITY, showHidden: true };
  const dump = [
    inspect(value, everything),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? value.stack : "",
  ].join();
  for (const secret of secrets) expect(dump).not.toContain(secret);
}
