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

function encoded(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]+/gu, (part) =>
    Buffer.from(part).toString("hex").toUpperCase().replace(/../g, ".$&"),
  );
}

/**
 * The domain in which a task of that type runs, by the execution's `taskToDomain`: of a list the last, which is the one
 * that OSS falls back to. `NO_DOMAIN` is none.
 */
export function domainOf(
  taskType: string,
  taskToDomain: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const has = (name: string) => taskToDomain !== undefined && Object.hasOwn(taskToDomain, name);
  const list = has(taskType) ? taskToDomain?.[taskType] : has("*") ? taskToDomain?.["*"] : undefined;
  const domain = list?.split(",").at(-1)?.trim();
  return domain === undefined || domain === "" || domain === "NO_DOMAIN" ? undefined : domain;
}
