// The query language of Conductor's searches: conditions joined by AND, each a field, an operator and a value.
import { InvalidArgumentError } from "@heddle/protocol";

type Operator = "=" | ">" | ">=" | "<" | "<=" | "IN";

export interface Condition {
  readonly field: string;
  readonly operator: Operator;
  /** One, but of IN. */
  readonly values: readonly ConditionValue[];
}
export interface ConditionValue {
  readonly text: string;
  /** In quotes; `*` is a wildcard all the same. */
  readonly isQuoted: boolean;
  /** Where it begins, from 1. */
  readonly at: number;
}

const MAX_QUERY_CHARACTERS = 32_768;
const MAX_CONDITIONS = 20;
const MAX_VALUES = 1_000;

/** Throws `InvalidArgumentError`, which names the place that cannot be read. */
export function parseQuery(text: string): readonly Condition[] {
  if (text.length > MAX_QUERY_CHARACTERS) {
    throw refused(`has ${text.length} characters; the limit is ${MAX_QUERY_CHARACTERS}`);
  }
  return new QueryReader(text).conditions();
}

class QueryReader {
  #at = 0;

  constructor(private readonly text: string) {}

  conditions(): Condition[] {
    const conditions: Condition[] = [];
    this.#skipBlanks();
    if (this.#isAtEnd()) return conditions;
    for (;;) {
      conditions.push(this.#condition());
      if (conditions.length > MAX_CONDITIONS)
        throw refused(`has more than ${MAX_CONDITIONS} conditions, the limit`);
      this.#skipBlanks();
      if (this.#isAtEnd()) return conditions;
      if (!this.#takeWord("AND")) throw this.#unexpected("AND or the end");
    }
  }

  #condition(): Condition {
    this.#skipBlanks();
    const field = this.#take(/[A-Za-z_][\w.]*/y);
    if (field === undefined) throw this.#unexpected("the name of a field");
    this.#skipBlanks();
    const symbol = this.#take(/[<>]=?|=/y);
    if (symbol !== undefined) return { field, operator: symbol as Operator, values: [this.#value()] };
    if (!this.#takeWord("IN")) throw this.#unexpected(`one of = > >= < <= IN behind ${field}`);
    return { field, operator: "IN", values: this.#list() };
  }

  #list(): ConditionValue[] {
    this.#skipBlanks();
    if (this.#take(/\(/y) === undefined) throw this.#unexpected("( behind IN");
    const values: ConditionValue[] = [];
    for (;;) {
      values.push(this.#value());
      if (values.length > MAX_VALUES)
        throw refused(`has more than ${MAX_VALUES} values in one IN, the limit`);
      this.#skipBlanks();
      if (this.#take(/\)/y) !== undefined) return values;
      if (this.#take(/,/y) === undefined) throw this.#unexpected(", or )");
    }
  }

  #value(): ConditionValue {
    this.#skipBlanks();
    const at = this.#at + 1;
    const quoted = this.#take(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy);
    if (quoted !== undefined) return { text: unescaped(quoted.slice(1, -1)), isQuoted: true, at };
    if (/["']/.test(this.text.charAt(this.#at))) throw this.#unexpected("a value whose quotes are closed");
    const bare = this.#take(/[^\s,()"'=<>]+/y);
    if (bare === undefined) throw this.#unexpected("a value, in quotes when it has blanks");
    return { text: bare, isQuoted: false, at };
  }

  #takeWord(word: string): boolean {
    return this.#take(new RegExp(`${word}(?![\\w.])`, "iy")) !== undefined;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #skipBlanks(): void {
    this.#take(/\s*/y);
  }

  #isAtEnd(): boolean {
    return this.#at === this.text.length;
  }

  #unexpected(expected: string): InvalidArgumentError {
    const rest = this.text.slice(this.#at, this.#at + 20);
    const seen = rest === "" ? "it ends" : `there is ${JSON.stringify(rest)}`;
    return refused(`is wrong at character ${this.#at + 1}: ${expected} must follow, and ${seen}`);
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}

export function refused(problem: string, field = "query"): InvalidArgumentError {
  return new InvalidArgumentError(`${field} ${problem}`, { details: { field } });
}
