import { isJsonMap } from "../definition/json-bean.js";
import type { ExpressionScope, ExpressionSurroundings } from "./expression-scope.js";
import { compileQuery, type JsonQuery } from "./json-query.js";
import { PATH_FUNCTIONS } from "./path-functions.js";
import { parseSteps, type PathStep } from "./path-steps.js";

type PlainStep = Exclude<PathStep, { kind: "query" }>;

/** The path of one expression, parsed. */
export interface ExpressionPath {
  /** First step: `workflow`, a reference name, or the name of a variable. Undefined: it searches everything. */
  readonly entry: string | undefined;
  /** `NAME` of `workflow.secrets.NAME`, and the steps behind it. */
  readonly secret: { readonly name: string; readonly rest: readonly PlainStep[] } | undefined;
  /** The value; null when there is none. Never throws. */
  evaluate(scope: ExpressionScope, surroundings: ExpressionSurroundings): unknown;
}

/** Parses what stands between `${` and `}`, or says why it cannot. */
export function parsePath(text: string): ExpressionPath | { readonly problem: string } {
  const parsed = parseSteps(text);
  if (parsed === undefined) return { problem: "it is not a path such as task_ref.output.items[0].name" };
  const { steps, call } = parsed;
  const apply = call === undefined ? undefined : PATH_FUNCTIONS[call];
  if (call !== undefined && apply === undefined) {
    return { problem: `there is no function ${call}(); there are ${Object.keys(PATH_FUNCTIONS).join(", ")}` };
  }
  const firstQuery = steps.findIndex((step) => step.kind === "query");
  const plain = steps
    .slice(0, firstQuery === -1 ? undefined : firstQuery)
    .filter((step) => step.kind !== "query");
  const rest = firstQuery === -1 ? [] : steps.slice(firstQuery);
  const entry = plain[0]?.kind === "name" ? plain[0].name : undefined;

  let query: JsonQuery | undefined;
  // A filter that mentions $ means the whole document, so the query starts there.
  const fromTop =
    entry === undefined || rest.some((step) => step.kind === "query" && step.text.includes("$"));
  if (fromTop || rest.length > 0) {
    const compiled = compileQuery(`$${(fromTop ? steps : rest).map(queryText).join("")}`);
    if ("problem" in compiled) return compiled;
    query = compiled;
  }

  const valueIn = (scope: ExpressionScope, surroundings: ExpressionSurroundings): unknown => {
    if (query !== undefined && fromTop) return query.select(scope.whole());
    const found = findPlain(plain, scope, surroundings);
    return query === undefined ? found : found === undefined ? [] : query.select(found);
  };
  return {
    entry,
    secret: query === undefined && call === undefined ? secretOf(plain) : undefined,
    evaluate: (scope, surroundings) => {
      try {
        const value = valueIn(scope, surroundings);
        return (apply === undefined ? value : apply(value)) ?? null;
      } catch {
        // Too deep to search, or too big for the stack.
        return null;
      }
    },
  };
}

function findPlain(
  [first, ...rest]: readonly PlainStep[],
  scope: ExpressionScope,
  { taskId, environment = {} }: ExpressionSurroundings,
): unknown {
  if (first?.kind !== "name") return undefined;
  const variable = (name: string) => (Object.hasOwn(environment, name) ? environment[name] : undefined);
  if (first.name === "workflow" && isNamed(rest[0], "env") && rest[1]?.kind === "name") {
    const text = variable(rest[1].name);
    return rest.length === 2 ? text : walk(jsonOf(text), rest.slice(2));
  }
  const found = scope.find(first.name);
  if (found !== undefined) return walk(found, rest);
  if (rest.length > 0) return undefined;
  return first.name === "CPEWF_TASK_ID" ? taskId : variable(first.name);
}

function secretOf([first, second, third, ...rest]: readonly PlainStep[]): ExpressionPath["secret"] {
  const isSecret = isNamed(first, "workflow") && isNamed(second, "secrets") && third?.kind === "name";
  return isSecret ? { name: third.name, rest } : undefined;
}

function isNamed(step: PlainStep | undefined, name: string): boolean {
  return step?.kind === "name" && step.name === name;
}

/** Follows own properties and elements alone: `constructor` and `length` are names like any other. */
export function walk(value: unknown, steps: readonly PlainStep[]): unknown {
  let found = value;
  for (const step of steps) {
    if (step.kind === "index") found = Array.isArray(found) ? found.at(step.index) : undefined;
    else found = isJsonMap(found) && Object.hasOwn(found, step.name) ? found[step.name] : undefined;
    if (found === undefined) return undefined;
  }
  return found;
}

/** A variable or secret that holds JSON, for paths that look into it. */
export function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryText(step: PathStep): string {
  if (step.kind === "query") return step.text;
  return step.kind === "index" ? `[${step.index}]` : `[${JSON.stringify(step.name)}]`;
}
