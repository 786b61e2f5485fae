import { ValidationFailedError, validationError } from "../definition/validation-error.js";
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { jsonProblem } from "../definition/json-problem.js";

/** A body that is a JSON object of the caller's own, or missing. Throws `ValidationFailedError`. */
export function mapBody(what: string, body: unknown): JsonMap {
  if (body === undefined || body === null) return {};
  const problem = jsonProblem(body);
  if (problem !== undefined) throw new ValidationFailedError(what, [validationError(problem)]);
  if (isJsonMap(body)) return body;
  const message = `the ${what} must be a JSON object`;
  throw new ValidationFailedError(what, [validationError({ at: [], message, value: body })]);
}

/** A body that is a list. Throws `ValidationFailedError`. */
export function listBody(what: string, body: unknown): readonly unknown[] {
  if (Array.isArray(body) && body.length > 0) return body;
  const message = `the body must be a list of at least one ${what}`;
  throw new ValidationFailedError(what, [validationError({ at: [], message, value: body })]);
}
