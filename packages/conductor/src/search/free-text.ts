import type { ExecutionFacts } from "./execution-facts.js";

type Facts = Readonly<Record<string, unknown>>;

/**
 * Conductor's `freeText`, over what lists show: each of its words is part of a name, an id or a status, in whatever case.
 * `undefined` for one that asks for nothing.
 */
export function freeTextTest(
  text: string | undefined,
): ((facts: Facts | ExecutionFacts) => boolean) | undefined {
  const words = (text ?? "")
    .toLowerCase()
    .split(/[\s"*]+/)
    .filter((word) => word !== "");
  if (words.length === 0) return undefined;
  return (facts) => {
    const texts = Object.values(facts)
      .filter((value) => typeof value === "string")
      .map((value) => value.toLowerCase());
    return words.every((word) => texts.some((each) => each.includes(word)));
  };
}
