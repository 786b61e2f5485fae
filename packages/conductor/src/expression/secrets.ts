import { isJsonMap } from "../definition/json-bean.js";
import { jsonOf, walk } from "./expression-path.js";
import { printed } from "./printed.js";
import type { SecretPath } from "./resolve.js";
import { parseTemplate, type Expression } from "./template.js";

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
