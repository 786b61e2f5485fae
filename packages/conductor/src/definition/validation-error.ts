import { InvalidArgumentError } from "@heddle/protocol";

/** One thing that is wrong with a request, as Conductor reports it. */
export interface ValidationError {
  /** `tasks[0].taskReferenceName` */
  readonly path: string;
  readonly message: string;
  /** The value as text, cut; absent when there is none. */
  readonly invalidValue?: string;
}

/** What a check finds: the field below the thing that is checked. */
export interface Problem {
  readonly at: FieldPath;
  readonly message: string;
  readonly value?: unknown;
}
export type FieldPath = readonly PropertyKey[];

const MAX_VALUE_CHARACTERS = 200;

export function validationError({ at, message, value }: Problem): ValidationError {
  const path = fieldName(at);
  if (value === undefined) return { path, message };
  const text = typeof value === "string" ? value : (JSON.stringify(value) as string | undefined);
  return { path, message, invalidValue: (text ?? typeof value).slice(0, MAX_VALUE_CHARACTERS) };
}

function fieldName(path: FieldPath): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      return index === 0 ? String(key) : `.${String(key)}`;
    })
    .join("");
}

/** A request that is refused, with everything that is wrong with it. Nothing was written. */
export class ValidationFailedError extends InvalidArgumentError {
  constructor(
    /** `workflow definition`, `start request`, … */
    readonly what: string,
    readonly validationErrors: readonly ValidationError[],
  ) {
    const [first, ...others] = validationErrors;
    const place = first === undefined || first.path === "" ? "" : `${first.path}: `;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    super(`the ${what} is refused: ${place}${first?.message ?? "it is not valid"}${more}`, {
      details: { fields: validationErrors.map(({ path }) => path) },
    });
  }
}
