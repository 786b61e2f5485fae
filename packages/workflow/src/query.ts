import { assertName } from "@heddle/protocol";

declare const inputType: unique symbol;
declare const outputType: unique symbol;

/** Names a query and carries the types of its input and answer; at run time it is just `{ name }`. */
export interface QueryHandle<Input, Output> {
  readonly name: string;
  /** Type only; never set. */
  readonly [inputType]?: (input: Input) => void;
  /** Type only; never set. */
  readonly [outputType]?: Output;
}

/** `query<Output>(name)` for a query without input, `query<Input, Output>(name)` for one with. */
export function query<Output = unknown>(name: string): QueryHandle<void, Output>;
export function query<Input, Output>(name: string): QueryHandle<Input, Output>;
export function query(name: string): QueryHandle<unknown, unknown> {
  assertName(name, "query name");
  return { name };
}
