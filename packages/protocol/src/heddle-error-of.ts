import * as errors from "./errors.js";
import { ERROR_CATALOGUE, HeddleError, type ErrorCode, type ErrorDetails } from "./errors.js";

type Subclass = new (message: string, options: { details?: ErrorDetails; cause?: unknown }) => HeddleError;

/** Found by their names, so that an error which is added to the catalogue needs no second list. */
const subclasses = new Map(Object.entries(errors as Record<string, unknown>).filter(isSubclass));

/** The error of a code that came from elsewhere, of the class that callers branch on; undefined for a code not known. */
export function heddleErrorOf(
  code: string,
  message: string,
  options: { details?: ErrorDetails; cause?: unknown } = {},
): HeddleError | undefined {
  if (!Object.hasOwn(ERROR_CATALOGUE, code)) return undefined;
  const known = code as ErrorCode;
  const Class = subclasses.get(ERROR_CATALOGUE[known].name);
  return Class === undefined ? new HeddleError(known, message, options) : new Class(message, options);
}

function isSubclass(entry: [name: string, value: unknown]): entry is [string, Subclass] {
  const [, value] = entry;
  return typeof value === "function" && value.prototype instanceof HeddleError;
}
