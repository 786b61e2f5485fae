import { PayloadTooLargeError } from "@heddle/protocol";
import type { ExpressionScope, ExpressionSurroundings } from "./expression-scope.js";
import { sizeWithin } from "./json-size.js";
import { printed } from "./printed.js";
import {
  cachedTemplate,
  escapeTemplate,
  parseBoundedPath,
  type Expression,
  type Template,
} from "./template.js";

/** Most that all values put into one template may take as JSON, in characters. */
export const MAX_RESOLVED_CHARACTERS = 4 * 1024 * 1024;

/** Where in a resolved value a secret is still to be put in; see `revealSecrets`. */
export type SecretPath = readonly (string | number)[];

export interface Resolved {
  readonly value: unknown;
  /** References to secrets stay as they are written: secrets are put in when a worker gets the task, and never stored. */
  readonly secretPaths: readonly SecretPath[];
}

/**
 * Puts values in place of the expressions of a template, at any depth; keys are left as they are.
 *
 * A text that is one expression becomes the value, with its type; in other texts values are printed, objects and lists
 * as JSON. What an expression does not find is null. Values are data: expressions inside them stay text.
 * The result shares values with the scope, so neither may be changed afterwards.
 * Throws `PayloadTooLargeError` when the values take more than `MAX_RESOLVED_CHARACTERS`, and nothing else.
 */
export function resolveTemplate(
  template: unknown,
  scope: ExpressionScope,
  surroundings: ExpressionSurroundings = {},
): Resolved {
  const resolution = new Resolution(scope, surroundings);
  const value = resolution.resolve(template, []);
  return { value, secretPaths: resolution.secretPaths };
}

class Resolution {
  readonly secretPaths: SecretPath[] = [];
  #charactersLeft = MAX_RESOLVED_CHARACTERS;

  constructor(
    readonly scope: ExpressionScope,
    readonly surroundings: ExpressionSurroundings,
  ) {}

  resolve(template: unknown, path: SecretPath): unknown {
    if (typeof template === "string") return this.#resolveText(template, path);
    if (Array.isArray(template))
      return template.map((element, index) => this.resolve(element, [...path, index]));
    if (typeof template !== "object" || template === null) return template;
    // `fromEntries` makes an own property of every key, `__proto__` included.
    return Object.fromEntries(
      Object.entries(template).map(([key, value]) => [key, this.resolve(value, [...path, key])]),
    );
  }

  #resolveText(text: string, path: SecretPath): unknown {
    if (!text.includes("${")) return text;
    const template = cachedTemplate(text);
    if (template.some((part) => typeof part !== "string" && part.path?.secret !== undefined)) {
      this.secretPaths.push(path);
      return this.#keepingSecrets(template);
    }
    const [only] = template;
    if (template.length === 1 && only !== undefined && typeof only !== "string") {
      return this.#counted(this.#evaluate(only));
    }
    return template.map((part) => this.#print(part)).join("");
  }

  /** Still a template, so what is put in is escaped: text that looks like a reference to a secret must not become one. */
  #keepingSecrets(template: Template): string {
    return template
      .map((part) =>
        typeof part !== "string" && part.path?.secret !== undefined
          ? part.source
          : escapeTemplate(this.#print(part)),
      )
      .join("");
  }

  #print(part: string | Expression): string {
    if (typeof part === "string") return part;
    return printed(this.#counted(this.#evaluate(part)));
  }

  #evaluate(expression: Expression): unknown {
    if (expression.isBlank) return "";
    if (expression.parts === undefined) {
      return expression.path?.evaluate(this.scope, this.surroundings) ?? null;
    }
    const completed = expression.parts.map((part) => this.#print(part)).join("");
    // A path and not a template: what looks like an expression in the values put in stays text.
    const path = parseBoundedPath(completed);
    return "problem" in path ? null : path.evaluate(this.scope, this.surroundings);
  }

  #counted(value: unknown): unknown {
    const size = sizeWithin(value, this.#charactersLeft);
    if (size === undefined) {
      throw new PayloadTooLargeError(
        `the values put into a template take more than ${MAX_RESOLVED_CHARACTERS} characters; pass references to large values`,
        { details: { maxCharacters: MAX_RESOLVED_CHARACTERS } },
      );
    }
    this.#charactersLeft -= size;
    return value;
  }
}
