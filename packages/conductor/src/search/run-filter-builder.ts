import type { AttributeFilter, RunFilterOptions } from "@heddle/core";
import type { WorkflowStatus } from "@heddle/protocol";
import { CONDUCTOR_WORKFLOW } from "../interpreter/execution-input.js";
import type { ExecutionField } from "./execution-facts.js";
import type { FieldCondition, FieldTest } from "./field-test.js";

/** What the indexes take: values of one `in`, and bytes of an attribute. */
const MAX_ALTERNATIVES = 100;
const MAX_ATTRIBUTE_BYTES = 256;

/** The attribute that a field is found by. */
const ATTRIBUTES = {
  workflowType: "workflowType",
  version: "workflowVersion",
  correlationId: "correlationId",
  parentWorkflowId: "parentWorkflowId",
  classifier: "classifier",
} as const satisfies Partial<Record<ExecutionField, string>>;

type Range = Extract<FieldTest, { test: "between" }>;

/** Collects what a filter of runs can say of a query. */
export class RunFilterBuilder {
  readonly #attributes: Record<string, AttributeFilter> = {};
  #idPrefix: string | undefined;
  #createdAt: { from?: number; to?: number } = {};
  #isEmpty = false;

  constructor({ topLevelOnly }: { readonly topLevelOnly: boolean }) {
    if (topLevelOnly) this.#attributes["topLevel"] = true;
  }

  /** Nothing can match. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Says it as far as a filter can; `false` when what is found has to be looked at all the same. */
  narrow({ field, test }: FieldCondition<ExecutionField>): boolean {
    if (field === "workflowId") return test.test === "wildcard" && this.#narrowId(test.pattern);
    if (field === "startTime") return test.test === "between" && this.#narrowStart(test);
    if (!Object.hasOwn(ATTRIBUTES, field)) return false;
    const name = ATTRIBUTES[field as keyof typeof ATTRIBUTES];
    if (Object.hasOwn(this.#attributes, name)) return false;
    switch (test.test) {
      case "any-of":
        return this.#narrowValues(name, test.values);
      case "wildcard":
        return this.#narrowPrefix(name, test.pattern);
      case "between":
        this.#attributes[name] = rangeOf(test, (end) => end);
        return true;
    }
  }

  build(
    more: {
      readonly status?: readonly WorkflowStatus[];
      readonly attributes?: Readonly<Record<string, AttributeFilter>>;
    } = {},
  ): RunFilterOptions {
    const { from, to } = this.#createdAt;
    return {
      type: CONDUCTOR_WORKFLOW,
      ...(more.status === undefined ? {} : { status: more.status }),
      ...(this.#idPrefix === undefined ? {} : { idPrefix: this.#idPrefix }),
      ...(from === undefined && to === undefined ? {} : { createdAt: this.#createdAt }),
      attributes: { ...this.#attributes, ...more.attributes },
    };
  }

  #narrowId(pattern: string): boolean {
    const prefix = literalStart(pattern);
    if (prefix === "" || this.#idPrefix !== undefined) return false;
    this.#idPrefix = prefix;
    return pattern === `${prefix}*`;
  }

  #narrowStart({ from, to }: Range): boolean {
    const start = Math.max(
      from ?? Number.NEGATIVE_INFINITY,
      this.#createdAt.from ?? Number.NEGATIVE_INFINITY,
    );
    // The end of a filter is not included.
    const end = Math.min(
      to === undefined ? Number.POSITIVE_INFINITY : to + 1,
      this.#createdAt.to ?? Number.POSITIVE_INFINITY,
    );
    this.#createdAt = {
      ...(start === Number.NEGATIVE_INFINITY ? {} : { from: start }),
      ...(end === Number.POSITIVE_INFINITY ? {} : { to: end }),
    };
    return true;
  }

  #narrowValues(name: string, values: readonly (string | number)[]): boolean {
    const possible = values.filter((value) => typeof value === "number" || isAttribute(value));
    if (possible.length === 0) this.#isEmpty = true;
    if (possible.length > MAX_ALTERNATIVES) return false;
    this.#attributes[name] = { in: possible };
    return true;
  }

  #narrowPrefix(name: string, pattern: string): boolean {
    const prefix = literalStart(pattern);
    if (!isAttribute(prefix)) this.#isEmpty = true;
    else this.#attributes[name] = { prefix };
    return pattern === `${prefix}*`;
  }
}

/** Ends of a range that are included, as a filter on an attribute. */
export function rangeOf(
  { from, to }: Pick<Range, "from" | "to">,
  endOf: (end: number) => number | Date,
): AttributeFilter {
  return {
    ...(from === undefined ? {} : { gte: endOf(from) }),
    ...(to === undefined ? {} : { lte: endOf(to) }),
  };
}

function literalStart(pattern: string): string {
  return pattern.slice(0, pattern.indexOf("*"));
}

function isAttribute(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed() && Buffer.byteLength(text) <= MAX_ATTRIBUTE_BYTES;
}
