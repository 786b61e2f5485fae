/** An error as it is stored and sent: what a caller needs to understand and to branch on it. */
export interface Failure {
  /** `error.name`; retry policies match on it. */
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** The error's own `details` as plain JSON data; absent when it has none or when they have no JSON. */
  readonly details?: unknown;
  readonly cause?: Failure | undefined;
}

const MAX_NAME_CHARACTERS = 200;
const MAX_MESSAGE_CHARACTERS = 16_000;
const MAX_STACK_CHARACTERS = 4_000;
const MAX_DETAILS_CHARACTERS = 64_000;
const MAX_CAUSES = 5;

/** Turns whatever was thrown into a failure that every codec can carry; never throws itself. */
export function failureOf(thrown: unknown): Failure {
  return toFailure(thrown, 0);
}

/** Rebuilds an error that can be thrown: same name, message, stack, details and causes. */
export function errorOf(failure: Failure): Error {
  const error = new Error(
    failure.message,
    failure.cause === undefined ? undefined : { cause: errorOf(failure.cause) },
  );
  error.name = failure.name;
  if (failure.stack !== undefined) error.stack = failure.stack;
  if (failure.details !== undefined) Object.assign(error, { details: failure.details });
  return error;
}

function toFailure(thrown: unknown, depth: number): Failure {
  const error = attempt(() => (isErrorLike(thrown) ? thrown : undefined));
  if (error === undefined) {
    return {
      name: "Error",
      message: limited(describe(thrown), MAX_MESSAGE_CHARACTERS),
      ...detailsOf(typeof thrown === "string" ? undefined : plainData(() => thrown)),
    };
  }
  const stack = attempt(() => error.stack);
  const cause = depth < MAX_CAUSES ? attempt(() => error.cause) : undefined;
  return {
    name: limited(attempt(() => error.name) ?? "Error", MAX_NAME_CHARACTERS),
    message: limited(attempt(() => error.message) ?? "", MAX_MESSAGE_CHARACTERS),
    ...(typeof stack === "string" ? { stack: limited(stack, MAX_STACK_CHARACTERS) } : {}),
    ...detailsOf(plainData(() => (error as { details?: unknown }).details)),
    ...(cause === undefined ? {} : { cause: toFailure(cause, depth + 1) }),
  };
}

/** Errors of another realm (a vm context, an iframe) are no instances of this one's class. */
function isErrorLike(thrown: unknown): thrown is Error {
  if (thrown instanceof Error) return true;
  if (typeof thrown !== "object" || thrown === null) return false;
  const { name, message } = thrown as Partial<Record<"name" | "message", unknown>>;
  return typeof name === "string" && typeof message === "string";
}

function describe(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  return (
    attempt(() => JSON.stringify(thrown) as string | undefined) ??
    attempt(() => String(thrown)) ??
    "a value that cannot be shown was thrown"
  );
}

/** A copy through JSON: history is plain msgpack, in which cycles, big integers and classes have no form. */
function plainData(read: () => unknown): unknown {
  return attempt(() => {
    const text = JSON.stringify(read()) as string | undefined;
    return text === undefined || text.length > MAX_DETAILS_CHARACTERS
      ? undefined
      : (JSON.parse(text) as unknown);
  });
}

function detailsOf(details: unknown): Pick<Failure, "details"> {
  return details === undefined ? {} : { details };
}

/** Reads something of a thrown value whose getters or traps may throw in their turn. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Cut to the limit, without half a character at the end. */
function limited(text: unknown, maxCharacters: number): string {
  return (typeof text === "string" ? text : describe(text)).slice(0, maxCharacters).toWellFormed();
}
