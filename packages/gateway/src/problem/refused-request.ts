import { HeddleError, InvalidArgumentError, PayloadTooLargeError } from "@heddle/protocol";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";

/** A value that is looked at by itself, such as an entry of a batch. Throws `InvalidArgumentError` as for a body. */
export function parsedPart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidFields(
    what,
    parsed.error.issues.map((issue) => ({
      instancePath: issue.path.map((name) => `/${String(name)}`).join(""),
      message: issue.message,
      params: issue.code === "unrecognized_keys" ? { keys: issue.keys } : {},
    })),
  );
}

/** What the framework refuses before a handler runs, in the words of the catalogue; undefined for other errors. */
export function refusedRequest(error: unknown): HeddleError | undefined {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const issues = error.validation.map((issue) => issueSchema.parse(issue));
    return invalidFields(error.validationContext ?? "body", issues);
  }
  switch (codeOf(error)) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new PayloadTooLargeError(
        "the body is larger than this gateway takes; store it elsewhere and pass a reference",
      );
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new HeddleError(
        "UNSUPPORTED_MEDIA_TYPE",
        'the body must be JSON or MessagePack: send "content-type: application/json" or "application/msgpack"',
      );
    case "FST_ERR_BAD_URL":
      return new InvalidArgumentError("the path is not validly percent-encoded UTF-8");
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new InvalidArgumentError("a part of the path is too long");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
    case "ECONNRESET":
      return new InvalidArgumentError("the body does not have the length that content-length promised");
    default:
      return undefined;
  }
}

const issueSchema = z.object({
  instancePath: z.string(),
  message: z.string(),
  params: z.object({ keys: z.array(z.string()).optional() }),
});

function invalidFields(part: string, issues: readonly z.infer<typeof issueSchema>[]): InvalidArgumentError {
  const problems = issues.flatMap(({ instancePath, message, params }) => {
    const path = instancePath.split("/").filter((name) => name !== "");
    if (params.keys === undefined) return [{ field: path.join("."), problem: message }];
    return params.keys.map((key) => ({ field: [...path, key].join("."), problem: "there is no such field" }));
  });
  const text = problems.map(({ field, problem }) => (field === "" ? problem : `"${field}": ${problem}`));
  return new InvalidArgumentError(`${NAMES[part] ?? part} is refused: ${text.slice(0, 5).join("; ")}`, {
    details: { field: problems[0]?.field || undefined },
  });
}

const NAMES: Readonly<Record<string, string>> = {
  body: "the body",
  querystring: "the query string",
  params: "the path",
  headers: "a header",
};

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
