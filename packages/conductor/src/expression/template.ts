// Texts with expressions in them: `Order ${workflow.input.id} of ${customer_ref.output.name}`.
import { parsePath, type ExpressionPath } from "./expression-path.js";

/** Longest text between `${` and `}`. */
export const MAX_EXPRESSION_CHARACTERS = 4096;

/** Between braces: a path as it stands, or one that other expressions complete. */
export interface Expression {
  /** With its braces, as written. */
  readonly source: string;
  readonly isBlank: boolean;
  /** Parts of the path, when it holds expressions of its own. */
  readonly parts: Template | undefined;
  /** Undefined when it is blank, cannot be parsed, or has parts. */
  readonly path: ExpressionPath | undefined;
  /** Why it will always be null. */
  readonly problem: string | undefined;
}
export type Template = readonly (string | Expression)[];

/**
 * Splits a text into literals and expressions. `$${` stands for a literal `${`; braces inside an expression are
 * balanced; what is not closed is a literal. Takes time linear in the text.
 */
export function parseTemplate(text: string): Template {
  const closings = closingBraces(text);
  const parts: (string | Expression)[] = [];
  let literalFrom = 0;
  let at = text.indexOf("${");
  while (at !== -1) {
    const end = text.charAt(at - 1) === "$" ? undefined : closings.get(at + 1);
    if (end === undefined) {
      at = text.indexOf("${", at + 2);
      continue;
    }
    if (at > literalFrom) parts.push(unescaped(text.slice(literalFrom, at)));
    parts.push(expressionOf(text.slice(at, end + 1)));
    literalFrom = end + 1;
    at = text.indexOf("${", literalFrom);
  }
  if (literalFrom < text.length) parts.push(unescaped(text.slice(literalFrom)));
  return parts;
}

/** A template whose value is exactly this text, whatever it holds. */
export function escapeTemplate(text: string): string {
  return text.replaceAll("${", "$$${");
}

function unescaped(literal: string): string {
  return literal.replaceAll("$${", "${");
}

function expressionOf(source: string): Expression {
  const inner = source.slice(2, -1);
  const nothing = { source, isBlank: false, parts: undefined, path: undefined, problem: undefined };
  if (inner.trim() === "") return { ...nothing, isBlank: true };
  if (inner.includes("${") && inner.length <= MAX_EXPRESSION_CHARACTERS) {
    return { ...nothing, parts: parseTemplate(inner) };
  }
  const path = parseBoundedPath(inner);
  return "problem" in path ? { ...nothing, problem: path.problem } : { ...nothing, path };
}

/** `parsePath` of a text that may be of any length. */
export function parseBoundedPath(text: string): ReturnType<typeof parsePath> {
  return text.length > MAX_EXPRESSION_CHARACTERS
    ? { problem: `it is longer than ${MAX_EXPRESSION_CHARACTERS} characters` }
    : parsePath(text);
}

/** Index of the `}` for the index of each `{` that has one. */
function closingBraces(text: string): ReadonlyMap<number, number> {
  const closings = new Map<number, number>();
  const open: number[] = [];
  for (const { 0: brace, index } of text.matchAll(/[{}]/g)) {
    if (brace === "{") open.push(index);
    else {
      const opening = open.pop();
      if (opening !== undefined) closings.set(opening, index);
    }
  }
  return closings;
}

const MAX_CACHED_TEMPLATES = 2_000;
const cache = new Map<string, Template>();

/** `parseTemplate`, remembered: a loop resolves the same texts in every iteration. */
export function cachedTemplate(text: string): Template {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const template = parseTemplate(text);
  if (text.length <= MAX_EXPRESSION_CHARACTERS) {
    const oldest = cache.size < MAX_CACHED_TEMPLATES ? undefined : cache.keys().next().value;
    if (oldest !== undefined) cache.delete(oldest);
    cache.set(text, template);
  }
  return template;
}
