import { z } from "zod";
import { decodePayload, encodePayload } from "./payload.js";

/** An error as it is stored and sent: what a caller needs to understand and to branch on it. */
export interface Failure {
  /** `error.name`; retry policies match on it. */
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** The error's own `details`, if it carries any that can be serialised. */
  readonly details?: unknown;
  readonly cause?: Failure | undefined;
}

export const failureSchema: z.ZodType<Failure> = z.lazy(() =>
  z.object({
    name: z.string(),
    message: z.string(),
    stack: z.string().optional(),
    details: z.unknown().optional(),
    cause: failureSchema.optional(),
  }),
);

const MAX_STACK_CHARACTERS = 4_000;
const MAX_MESSAGE_CHARACTERS = 16_000;
const MAX_CAUSES = 5;

/** Turns whatever was thrown into a failure; never throws itself. */
export function failureOf(thrown: unknown, depth = 0): Failure {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: describe(thrown), details: serialisable(thrown) };
  }
  const details = serialisable((thrown as { details?: unknown }).details);
  return {
    name: thrown.name,
    message: thrown.message.slice(0, MAX_MESSAGE_CHARACTERS),
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack.slice(0, MAX_STACK_CHARACTERS) }),
    ...(details === undefined ? {} : { details }),
    ...(thrown.cause === undefined || depth >= MAX_CAUSES
      ? {}
      : { cause: failureOf(thrown.cause, depth + 1) }),
  };
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

function describe(thrown: unknown): string {
  try {
    return typeof thrown === "string" ? thrown : (JSON.stringify(thrown) ?? String(thrown));
  } catch {
    return String(thrown);
  }
}

function serialisable(value: unknown): unknown {
  if (value === undefined) return undefined;
  try {
    return decodePayload(encodePayload(value));
  } catch {
    return undefined;
  }
}
