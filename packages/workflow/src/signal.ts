import { assertName } from "@heddle/protocol";

declare const payloadType: unique symbol;

/** Names a signal and carries its payload type; at run time it is just `{ name }`. */
export interface SignalHandle<Payload> {
  readonly name: string;
  /** Type only; never set. */
  readonly [payloadType]?: Payload;
}

/** Throws `InvalidArgumentError` when the name is empty, too long or holds control characters. */
export function signal<Payload = unknown>(name: string): SignalHandle<Payload> {
  assertName(name, "signal name");
  return { name };
}
