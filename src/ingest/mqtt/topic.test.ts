import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOPIC_LEVELS_MAX, TOPIC_TEMPLATE_DEFAULT, TopicTemplate } from "./topic.ts";

function template(text: string): TopicTemplate {
  const parsed = TopicTemplate.parse(text);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

describe("a topic template", () => {
  test("reads the names of a topic that fits", () => {
    const names = template(TOPIC_TEMPLATE_DEFAULT).match("kilowatch/Roof/INV 1/active_power");
    expect(Object.fromEntries(names ?? [])).toStrictEqual({ site: "Roof", device: "INV 1", metric: "active_power" });
  });

  test.each(["kilowatch/Roof/INV", "kilowatch/Roof/INV/a/b", "Kilowatch/Roof/INV/a", "kilowatch//INV/a", ""])(
    "does not fit %j",
    (topic) => expect(template(TOPIC_TEMPLATE_DEFAULT).match(topic)).toBeNull(),
  );

  test.each([
    ["a/{site}/{metric}", /\{device\}/],
    ["a//{device}", /level ""/],
    ["", /level ""/],
    ["a/#/{device}", /level "#"/],
    ["a/+/{device}", /level "\+"/],
    ["{device}/{device}", /twice/],
    ["x{device}", /level "x\{device\}"/],
    ["{Device}", /level/],
    [`${"a/".repeat(TOPIC_LEVELS_MAX)}{device}`, /levels/],
  ])("%j is refused", (text, reason) => expect(TopicTemplate.parse(text)).toMatch(reason));

  test("takes as many levels as are allowed", () => {
    expect(template(`${"a/".repeat(TOPIC_LEVELS_MAX - 1)}{device}`)).toBeInstanceOf(TopicTemplate);
  });

  test("any names that a topic can carry are read back", () => {
    const word = fc.string({ minLength: 1 }).filter((text) => !/[/+#]/.test(text));
    fc.assert(
      fc.property(word, word, word, (site, device, metric) => {
        const names = template("{site}/plant/{device}/{metric}").match(`${site}/plant/${device}/${metric}`);
        expect([...(names ?? [])]).toStrictEqual([
          ["site", site],
          ["device", device],
          ["metric", metric],
        ]);
      }),
    );
  });
});
