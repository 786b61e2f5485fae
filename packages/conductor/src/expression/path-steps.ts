/** One step of a path: a property, an element (negative: from the end), or what only a query can do. */
export type PathStep =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "query"; readonly text: string };

export interface ParsedSteps {
  readonly steps: readonly PathStep[];
  /** Name of the function called at the end, as in `items.length()`. */
  readonly call: string | undefined;
}

const NAME = /[^.[\]()'"\s*][^.[\]()'"*]*/y;
const CALL = /([a-z]+)\(\s*\)$/y;
const QUOTED_NAME = /^(['"])((?:(?!\1)[^\\])*)\1$/;
const INDEX = /^-?\d{1,15}$/;

/**
 * Splits the text of a path, `task.output.items[0]['some key']`, with or without `$` before it. Undefined when it is
 * not one. Names may hold anything but `. [ ] ( ) * ' "`; other names are written in brackets and quotes.
 */
export function parseSteps(path: string): ParsedSteps | undefined {
  const trimmed = path.trim();
  const text = /^\$(?=[.[]|$)/.test(trimmed) ? trimmed.slice(1) : `.${trimmed}`;
  const steps: PathStep[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.charAt(at) === "[") {
      const end = endOfBrackets(text, at);
      if (end === undefined) return undefined;
      steps.push(bracketStep(text.slice(at, end)));
      at = end;
      continue;
    }
    if (text.charAt(at) !== ".") return undefined;
    const dots = text.charAt(at + 1) === "." ? ".." : ".";
    at += dots.length;
    CALL.lastIndex = at;
    const call = CALL.exec(text)?.[1];
    if (call !== undefined && dots === "." && steps.length > 0) return { steps, call };
    if (dots === "..") steps.push({ kind: "query", text: ".." });
    if (dots === ".." && text.charAt(at) === "[") continue;
    if (text.charAt(at) === "*") {
      steps.push({ kind: "query", text: "[*]" });
      at += 1;
      continue;
    }
    NAME.lastIndex = at;
    const name = NAME.exec(text)?.[0];
    if (name === undefined) return undefined;
    steps.push({ kind: "name", name: name.trimEnd() });
    at += name.length;
  }
  return steps.length === 0 ? undefined : { steps, call: undefined };
}

function bracketStep(brackets: string): PathStep {
  const inner = brackets.slice(1, -1).trim();
  if (INDEX.test(inner)) return { kind: "index", index: Number(inner) };
  const name = QUOTED_NAME.exec(inner)?.[2];
  return name === undefined ? { kind: "query", text: brackets } : { kind: "name", name };
}

/** Index behind the bracket that closes the one at `start`; brackets inside quotes do not count. */
function endOfBrackets(text: string, start: number): number | undefined {
  let depth = 0;
  let quote: string | undefined;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== undefined) {
      if (character === "\\") at += 1;
      else if (character === quote) quote = undefined;
    } else if (character === "'" || character === '"') quote = character;
    else if (character === "[") depth += 1;
    else if (character === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}
