import { parseTemplate, type Expression } from "../expression/template.js";
import { isJsonMap } from "./json-bean.js";
import type { FieldPath, Problem } from "./validation-error.js";

/** Names that every definition may use besides its own; null where the operator gives them no value. */
const ALWAYS_KNOWN: ReadonlySet<string> = new Set([
  "workflow",
  "CPEWF_TASK_ID",
  "NETFLIX_ENV",
  "NETFLIX_STACK",
]);

/** The expressions in a template that name nothing, or are no paths. */
export function* checkReferences(
  template: unknown,
  known: ReadonlySet<string>,
  at: FieldPath,
): Generator<Problem> {
  if (typeof template === "string") {
    for (const expression of expressionsOf(template)) {
      const problem = problemOf(expression, known);
      if (problem !== undefined) yield { at, message: `${expression.source} ${problem}`, value: template };
    }
  } else if (Array.isArray(template)) {
    for (const [index, element] of template.entries()) yield* checkReferences(element, known, [...at, index]);
  } else if (isJsonMap(template)) {
    for (const [key, value] of Object.entries(template)) yield* checkReferences(value, known, [...at, key]);
  }
}

/** Every expression of a text, the inner ones of a nested one as well. */
function* expressionsOf(text: string): Generator<Expression> {
  const parts = parseTemplate(text).filter((part) => typeof part !== "string");
  while (parts.length > 0) {
    const expression = parts.pop();
    if (expression === undefined) return;
    yield expression;
    parts.push(...(expression.parts ?? []).filter((part) => typeof part !== "string"));
  }
}

function problemOf({ problem, path }: Expression, known: ReadonlySet<string>): string | undefined {
  if (problem !== undefined) return `is no expression: ${problem}`;
  const entry = path?.entry;
  if (entry === undefined || known.has(entry) || ALWAYS_KNOWN.has(entry)) return undefined;
  return `names neither workflow nor a task of this definition: there is no taskReferenceName ${JSON.stringify(entry)}`;
}
