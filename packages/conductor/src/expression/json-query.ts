// What dotted paths cannot do (`..`, `[*]`, slices, filters) as RFC 9535 queries, less those whose cost grows faster than
// the document: a query runs in the process of a coordinator, between the events of other workflows.
import { jsonpath, JSONPathEnvironment, type JSONPathQuery, type JSONValue } from "json-p3";

const { expressions, selectors } = jsonpath;

/** How often one value may be visited because selectors of a union overlap (`[0,0][0,0]`, …). */
const MAX_OVERLAP = 16;

/** Deepest value that `..` looks into. */
const MAX_DEPTH = 256;

const environment = new JSONPathEnvironment({ maxRecursionDepth: MAX_DEPTH });
// Patterns of users would run in an engine that backtracks.
environment.functionRegister.delete("match");
environment.functionRegister.delete("search");

export interface JsonQuery {
  /** Values in document order. Throws when the value is too deep for `..`. */
  select(value: unknown): unknown[];
}

/** A compiled query, or why it is refused. */
export function compileQuery(path: string): JsonQuery | { readonly problem: string } {
  let query: JSONPathQuery;
  try {
    query = environment.compile(path);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const problem = costProblem(query);
  if (problem !== undefined) return { problem };
  return {
    // One at a time: the other way spreads the elements of an array over the stack.
    select: (value) => Array.from(query.lazyQuery(value as JSONValue), (node) => node.value),
  };
}

function costProblem(query: JSONPathQuery): string | undefined {
  const cost = new QueryCost();
  cost.addSegments(query);
  if (cost.descents > 1) return "it descends (..) more than once; descend once and filter what is found";
  if (cost.overlap > MAX_OVERLAP) {
    return `its unions may select a value ${cost.overlap} times; at most ${MAX_OVERLAP} are taken`;
  }
  return cost.problem;
}

/** Adds up what multiplies the work per value of the document. */
class QueryCost {
  descents = 0;
  overlap = 1;
  problem: string | undefined;

  addSegments(query: JSONPathQuery): void {
    for (const segment of query.segments) {
      // The class of `..` is not exported; no other segment prints so.
      if (segment.toString().startsWith("..")) this.descents += 1;
      this.overlap *= segment.selectors.length;
      for (const selector of segment.selectors) {
        if (selector instanceof selectors.FilterSelector) this.#addExpression(selector.expression);
      }
    }
  }

  #addExpression(expression: jsonpath.expressions.FilterExpression): void {
    if (expression instanceof expressions.LogicalExpression) this.#addExpression(expression.expression);
    else if (expression instanceof expressions.PrefixExpression) this.#addExpression(expression.right);
    else if (expression instanceof expressions.InfixExpression) {
      if (
        expression.left instanceof expressions.RootQuery &&
        expression.right instanceof expressions.RootQuery
      ) {
        this.problem = "it compares two values of $ for every element; compare one with @";
      }
      this.#addExpression(expression.left);
      this.#addExpression(expression.right);
    } else if (expression instanceof expressions.FunctionExtension) {
      if (expression.args.some((argument) => argument instanceof expressions.RootQuery)) {
        this.problem = "it calls a function on $ for every element; call it on @";
      }
      for (const argument of expression.args) this.#addExpression(argument);
    } else if (expression instanceof expressions.RootQuery) {
      if (!expression.path.singularQuery())
        this.problem = "it searches $ again for every element; name one value of $";
    } else if (expression instanceof expressions.RelativeQuery) this.addSegments(expression.path);
  }
}
