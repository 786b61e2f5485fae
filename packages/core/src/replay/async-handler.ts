import { InvalidArgumentError } from "@heddle/protocol";

/** Throws when a handler returned a promise: what it awaited came in no order that a replay could repeat. */
export function assertNotAsync(what: string, returned: unknown): void {
  if (!(returned instanceof Promise)) return;
  returned.catch(() => undefined);
  throw new InvalidArgumentError(
    `the handler of ${what} is an async function, whose order of events no replay could repeat; ` +
      `make it a plain function, or a generator function that awaits with yield*`,
  );
}
