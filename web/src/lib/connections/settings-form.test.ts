import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSettings, settingsOf } from "./settings-form.ts";

const fields = (repair: string, history = "") => ({ name: " Roof ", baseUrl: " https://a.example ", repair, history });

test("an empty share is no bound, and blanks around words are left out", () => {
  expect(parseSettings(fields("", "25"))).toEqual({
    patch: { name: "Roof", baseUrl: "https://a.example", laneShares: { history: 0.25 } },
    wrong: [],
  });
});

test.each(["0", "0.99", "100.01", "101", "-5", "half", "1e2", "NaN"])("%s is no share", (text) => {
  expect(parseSettings(fields(text, text))).toMatchObject({ patch: { laneShares: {} }, wrong: ["repair", "history"] });
});

test.each([
  ["1", 0.01],
  ["100", 1],
  ["12,5", 0.125],
])("%s is the share %d", (text, share) => {
  expect(parseSettings(fields(text)).patch.laneShares).toEqual({ repair: share });
});

test("what the form shows of a share is read as that share again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 10_000 }), (hundredths) => {
      const connection = { name: "a", baseUrl: "b", laneShares: { repair: hundredths / 10_000 } };
      expect(parseSettings(settingsOf(connection)).patch).toEqual(connection);
    }),
  );
});
