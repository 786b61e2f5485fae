// What operators write in files about deliveries from outside: parsed once, when the gateway starts.
import { assertName, assertWorkflowType, ConfigurationError, type HeddleError } from "@heddle/protocol";
import { z } from "zod";
import { JsonPointer } from "../json/json-pointer.js";

export const jsonPointer = z.string().transform((text, context) => {
  try {
    return new JsonPointer(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as SyntaxError).message });
    return z.NEVER;
  }
});

export const signalName = identifier((value) => assertName(value, "signal name"));

/** That a delivery starts its workflow when there is none. Without it, it only signals. */
export const startRule = z.strictObject({
  type: identifier(assertWorkflowType),
  /** Part of the body that becomes the input. */
  input: jsonPointer.optional(),
  onTerminalConflict: z.enum(["reject", "start-new"]).optional(),
});
export type StartRule = z.output<typeof startRule>;

/** Throws `ConfigurationError` that names every field at fault, one a line, and shows no value. */
export function parseSettings<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    // Without the parser's text, which quotes the file.
    throw new ConfigurationError("is no JSON", { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const { message } = (issue.code === "invalid_key" ? issue.issues[0] : undefined) ?? issue;
    return `${JSON.stringify(issue.path.join("."))} ${message}`;
  });
  throw new ConfigurationError(problems.join("\n"));
}

function identifier(assert: (value: unknown) => void) {
  return z.string().superRefine((value, context) => {
    try {
      assert(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as HeddleError).message });
    }
  });
}
