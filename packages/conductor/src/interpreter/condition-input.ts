import type { JsonMap } from "../definition/json-bean.js";

const ACCESS = /\$(?:\.([A-Za-z_]\w*)|\[\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*\])?/g;
const ITERATION = /^\s*(?:\.iteration\b|\[\s*(?:'iteration'|"iteration")\s*\])/;

/**
 * What the condition of a loop sees as `$`: its inputs, the outputs of the iteration, and the loop's own output. Of the
 * latter only the number of the iteration when the script asks for nothing else, and of the former what it names; it
 * would otherwise be sent the outputs of all iterations each time, a cost that grows with the square of their number.
 */
export function conditionInput(
  script: string,
  { values, own }: { values: JsonMap; own: { name: string; output: JsonMap } },
): JsonMap {
  const named = namesIn(script, own.name);
  if (named === undefined) return { ...values, [own.name]: own.output };
  const entries = [...named.names]
    .filter((name) => Object.hasOwn(values, name))
    .map((name) => [name, values[name]] as const);
  const ownOutput = named.wholeOwn ? own.output : { iteration: own.output["iteration"] };
  return { ...Object.fromEntries(entries), [own.name]: ownOutput };
}

/** The properties of `$` that a script names, when it uses `$` in no other way. */
function namesIn(script: string, ownName: string): { names: Set<string>; wholeOwn: boolean } | undefined {
  // Another way to the globals, or names written so that they are not found.
  if (/\\u|\b(?:globalThis|this|eval|Function|with)\b/.test(script)) return undefined;
  const names = new Set<string>();
  let wholeOwn = false;
  for (const match of script.matchAll(ACCESS)) {
    const name = match[1] ?? match[2] ?? match[3];
    if (name === undefined) return undefined;
    names.add(name);
    if (name === ownName) wholeOwn ||= !ITERATION.test(script.slice(match.index + match[0].length));
  }
  return { names, wholeOwn };
}
