import { createHash } from "node:crypto";

const MAX_QUEUE_NAME_CHARACTERS = 64;

/**
 * The queue whose workers run tasks of a type: the type itself, or `domain..type`. What a queue's name cannot hold is
 * written as `.` and its bytes in hexadecimal, a dot included (`com.2Eacme.2Eship`); a name that gets too long is its
 * digest. Two types never share a queue.
 */
export function taskQueueName(taskType: string, domain?: string): string {
  const name = domain === undefined ? encoded(taskType) : `${encoded(domain)}..${encoded(taskType)}`;
  if (name.length > 0 && name.length <= MAX_QUEUE_NAME_CHARACTERS) return name;
  return `sha256.-${createHash("sha256").update(name).digest("base64url")}`;
}

/** The type and domain of which a queue's name was made; `undefined` for a digest, and for what is no such name. */
export function taskTypeOfQueue(queue: string): { taskType: string; domain: string | undefined } | undefined {
  const parts = queue.split("..").map(decoded);
  const [first, second] = parts;
  if (parts.length > 2 || parts.includes(undefined) || first === undefined) return undefined;
  return second === undefined ? { taskType: first, domain: undefined } : { taskType: second, domain: first };
}

function decoded(text: string): string | undefined {
  if (!/^(?:[A-Za-z0-9_-]|\.[0-9A-F]{2})*$/.test(text)) return undefined;
  const bytes = text.replace(
    /\.([0-9A-F]{2})|([^.])/g,
    (_match, hex: string | undefined, plain: string) => hex ?? Buffer.from(plain).toString("hex"),
  );
  return Buffer.from(bytes, "hex").toString("utf8");
}

function encoded(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]+/gu, (part) =>
    Buffer.from(part).toString("hex").toUpperCase().replace(/../g, ".$&"),
  );
}

/**
 * The domains in which a task of that type may run, by the execution's `taskToDomain`, in the order of preference; the
 * last is for when nobody polls any of them. `NO_DOMAIN` is none, and stands as `undefined`.
 */
export function domainsOf(
  taskType: string,
  taskToDomain: Readonly<Record<string, string>> | undefined,
): (string | undefined)[] {
  const has = (name: string) => taskToDomain !== undefined && Object.hasOwn(taskToDomain, name);
  const list = has(taskType) ? taskToDomain?.[taskType] : has("*") ? taskToDomain?.["*"] : undefined;
  const domains = (list ?? "").split(",").map((domain) => domain.trim());
  return domains.map((domain) => (domain === "" || domain === "NO_DOMAIN" ? undefined : domain));
}
