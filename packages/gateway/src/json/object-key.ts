import { InvalidArgumentError } from "@heddle/protocol";

/** One object or list that is being read. */
export interface Level {
  /** Keys seen so far; undefined for a list. */
  readonly keys: Set<string> | undefined;
  /** The key under which it stands, if it stands in an object. */
  readonly under: string | undefined;
  lastKey: string | undefined;
}

/** Throws `INVALID_ARGUMENT` for a key that was there before, and for one that could alter a prototype. */
export function takeKey(level: Level, keys: Set<string>, key: string): void {
  if (keys.has(key)) {
    throw refusedBody(`the body has the key ${JSON.stringify(key)} twice in one object; send it once`, key);
  }
  if (key === "__proto__" || (key === "prototype" && level.under === "constructor")) {
    throw refusedBody(
      `the body has the key ${JSON.stringify(key)}, which could alter a prototype; rename it`,
      key,
    );
  }
  keys.add(key);
  level.lastKey = key;
}

export function refusedBody(problem: string, field?: string): InvalidArgumentError {
  return new InvalidArgumentError(problem, { details: { field } });
}
