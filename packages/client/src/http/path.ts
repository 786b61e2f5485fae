import { InvalidArgumentError } from "@heddle/protocol";

/** A path below the API. Throws `InvalidArgumentError` for a part that no URL can carry. */
export function apiPath(...parts: readonly string[]): string {
  return `/api/v1/${parts.map(encoded).join("/")}`;
}

function encoded(part: string): string {
  if (part === "." || part === ".." || part === "") {
    throw new InvalidArgumentError(
      `${JSON.stringify(part)} cannot be sent as part of a URL; use the Engine, or another id`,
    );
  }
  if (!part.isWellFormed()) {
    throw new InvalidArgumentError(
      `${JSON.stringify(part)} holds a lone surrogate; give well-formed Unicode`,
    );
  }
  return encodeURIComponent(part);
}
