import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { jsonOf, walk } from "./expression-path.js";
import { printed } from "./printed.js";
import type { SecretPath } from "./resolve.js";
import { parseTemplate, type Expression } from "./template.js";

/**
 * A property of the input of an activity, next to the input of its task: the paths, within the task's input, at which
 * secrets are to be put in (`revealSecrets`) before it is used. Absent when there are none.
 */
export const SECRET_PATHS = "conductor.secretPaths";

/**
 * The value that a worker gets: secrets in place of the references that `resolveTemplate` left at `secretPaths`, and
 * there alone, so that data which reads like a reference stays text. The value itself is not changed. An unknown secret
 * is null.
 */
export function revealSecrets(
  value: unknown,
  secretPaths: readonly SecretPath[],
  secrets: Readonly<Record<string, string>>,
): unknown {
  return secretPaths.reduce((revealed, path) => replaceAt(revealed, path, secrets), value);
}

/** What the interpreter hands over beside an input that names secrets. */
export interface WithSecretPaths {
  readonly [SECRET_PATHS]?: readonly SecretPath[];
}

type Secrets = Readonly<Record<string, string>>;

/** The input of a task that is handed over as the input of its activity, ready to be used. */
export function withSecrets(handedOver: JsonMap, secrets: Secrets): JsonMap {
  const { [SECRET_PATHS]: paths, ...input } = handedOver;
  return paths === undefined
    ? handedOver
    : (revealSecrets(input, paths as readonly SecretPath[], secrets) as JsonMap);
}

/** The same where the input of the task is a part of what is handed over. */
export function withInputSecrets<Call extends WithSecretPaths & { readonly input: JsonMap }>(
  call: Call,
  secrets: Secrets,
): Call {
  const { [SECRET_PATHS]: paths = [] } = call;
  return { ...call, input: revealSecrets(call.input, paths, secrets) as JsonMap };
}

function replaceAt(value: unknown, path: SecretPath, secrets: Readonly<Record<string, string>>): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return typeof value === "string" ? revealText(value, secrets) : value;
  if (Array.isArray(value)) {
    return value.map((element: unknown, index) =>
      index === first ? replaceAt(element, rest, secrets) : element,
    );
  }
  if (!isJsonMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      key === first ? replaceAt(child, rest, secrets) : child,
    ]),
  );
}

function revealText(text: string, secrets: Readonly<Record<string, string>>): unknown {
  const parts = parseTemplate(text).map((part) =>
    typeof part === "string" ? part : secretValue(part, secrets),
  );
  return parts.length === 1 ? parts[0] : parts.map(printed).join("");
}

function secretValue({ path }: Expression, secrets: Readonly<Record<string, string>>): unknown {
  const secret = path?.secret;
  if (secret === undefined || !Object.hasOwn(secrets, secret.name)) return null;
  const text = secrets[secret.name];
  return secret.rest.length === 0 ? text : (walk(jsonOf(text), secret.rest) ?? null);
}
