import { describe, expect, test } from "vitest";
import { all, HOUR_MS, hours, json, open } from "./tenant-stage.fixture.ts";

describe("the token", () => {
  const databases = { "GET /v1/databases": () => json([{ id: 123, name: "Hydro", connectionId: 7, powerPlantId: 9 }]) };

  test.each([400, 415, 422])(
    "is asked for in the other form where the first is refused with %d, once in a client's life",
    async (status) => {
      const stage = open({
        ...databases,
        "POST /v1/auth/token": ({ headers, body }) =>
          headers["content-type"] === "application/x-www-form-urlencoded" &&
          body === "client_id=an-id&client_secret=a-secret&grant_type=client_credentials"
            ? json({ access_token: "a-token", expires_in: 3600, token_type: "Bearer" })
            : json({ code: "unsupported_content" }, status),
      });
      for (let hour = 0; hour < 3; hour++) {
        await stage.clock.run(stage.client.databases());
        await stage.clock.advance(HOUR_MS);
      }
      expect(stage.seen("POST /v1/auth/token").map(({ body }) => body.slice(0, 9))).toEqual([
        '{"clientI',
        "client_id",
        "client_id",
        "client_id",
      ]);
      expect(stage.seen("GET /v1/databases")[2]?.headers["authorization"]).toBe("Bearer a-token");
    },
  );

  test.each([401, 403])("that is refused with %d is not asked for in another form", async (status) => {
    const stage = open({ "POST /v1/auth/token": () => json({ code: "invalid_client" }, status) });
    await expect(stage.clock.run(stage.client.databases())).rejects.toMatchObject({
      name: "VendorAuthRejected",
      attempts: 1,
    });
    expect(stage.seen("POST /v1/auth/token")).toHaveLength(1);
  });

  test("that is refused in both forms says why, and how often it was asked for", async () => {
    const stage = open({ "POST /v1/auth/token": () => json({ code: "tenant_closed", detail: "closed" }, 400) });
    const refusal = { name: "VendorRefused", code: "tenant_closed", detail: "closed", attempts: 2 };
    await expect(stage.clock.run(stage.client.databases())).rejects.toMatchObject(refusal);
  });

  test.each([
    ["json", 400, 415],
    ["form", 415, 400],
  ])(
    "of which %s is refused for its words, and the other for its form, tells those words",
    async (_form, ...statuses) => {
      const refused = (status: number): object => ({ code: status === 415 ? "unsupported_content" : "account_locked" });
      const stage = open({
        "POST /v1/auth/token": (_, nth) => json(refused(statuses[nth] ?? 500), statuses[nth]),
      });
      await expect(stage.clock.run(stage.client.databases())).rejects.toMatchObject({
        code: "account_locked",
        status: 400,
        attempts: 2,
      });
    },
  );

  test.each([{ error: "invalid_client" }, { code: "invalid_client", detail: "unknown client or wrong secret" }])(
    "that is refused with 400 for a wrong credential, as %j, ends all that would meet the same",
    async (refusal) => {
      const stage = open({ "POST /v1/auth/token": () => json(refusal, 400) });
      await expect(all(stage, stage.client.readPoints(hours(24)))).rejects.toMatchObject({
        name: "VendorAuthRejected",
        message: expect.stringContaining("invalid_client") as string,
        attempts: 2,
      });
      expect(stage.seen("POST /v1/auth/token")).toHaveLength(2);
    },
  );

  test("is asked for in the other form when the tenant takes the learned one no more", async () => {
    let taken = "application/json";
    const stage = open({
      ...databases,
      "POST /v1/auth/token": ({ headers }) =>
        headers["content-type"] === taken ? json({ accessToken: "t", expiresIn: 3600 }) : json({}, 415),
    });
    for (const type of ["application/json", "application/x-www-form-urlencoded", "application/json"]) {
      taken = type;
      await stage.clock.run(stage.client.databases());
      await stage.clock.advance(HOUR_MS);
    }
    expect(stage.seen("POST /v1/auth/token")).toHaveLength(5);
  });

  test.each([429, 500])(
    "is asked for in the first form again after a %d, which says nothing of forms",
    async (status) => {
      const stage = open({
        ...databases,
        "POST /v1/auth/token": (_, nth) => (nth === 0 ? json({}, status) : json({ accessToken: "t", expiresIn: 3600 })),
      });
      await stage.clock.run(stage.client.databases());
      expect(stage.seen("POST /v1/auth/token").map(({ body }) => body.slice(0, 9))).toEqual(['{"clientI', '{"clientI']);
    },
  );

  test.each(["", "two words", "line\nend", "\u00fcber", 7, null])("that is %j is none", async (accessToken) => {
    const stage = open({ ...databases, "POST /v1/auth/token": () => json({ accessToken, expiresIn: 3600 }) });
    await expect(stage.clock.run(stage.client.databases())).rejects.toMatchObject({
      name: "VendorProtocolError",
      body: null,
    });
    expect(stage.seen("GET /v1/databases")).toHaveLength(0);
  });

  test.each<[string, object, number]>([
    ["of an hour", { accessToken: "t", expiresIn: 3600 }, 3480],
    ["in the later words", { access_token: "t", expires_in: "3600" }, 3480],
    ["of zero, as of 5 minutes", { accessToken: "t", expiresIn: 0 }, 180],
    ["missing, as of 5 minutes", { access_token: "t" }, 180],
    ["missing from the first words too, as of 5 minutes", { accessToken: "t" }, 180],
    ["below zero, as of 5 minutes", { accessToken: "t", expiresIn: -3600 }, 180],
    ["that is nonsense, as of 5 minutes", { accessToken: "t", expiresIn: "soon" }, 180],
  ])("with a lifetime %s is renewed two minutes before its end", async (_name, answer, afterS) => {
    const stage = open({ ...databases, "POST /v1/auth/token": () => json(answer) });
    await stage.clock.run(stage.client.databases());
    await stage.clock.advance(afterS * 1000 - 1);
    await stage.clock.run(stage.client.databases());
    expect(stage.seen("POST /v1/auth/token")).toHaveLength(1);
    await stage.clock.advance(1);
    await stage.clock.run(stage.client.databases());
    expect(stage.seen("POST /v1/auth/token")).toHaveLength(2);
  });
});
