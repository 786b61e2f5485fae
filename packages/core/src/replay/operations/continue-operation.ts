import { encodePayload } from "@heddle/protocol";
import type { Runtime } from "../runtime.js";
import { type Cancel, RuntimeOperation } from "./runtime-operation.js";

/** `ctx.continueAsNew`: the code ends here, and the run goes on as a new one. Never settles. */
export class ContinueOperation extends RuntimeOperation<never> {
  constructor(private readonly input: unknown) {
    super();
  }

  start(runtime: Runtime): Cancel {
    const input = encodePayload(this.input, {
      what: "input of continueAsNew",
      maxBytes: runtime.maxPayloadBytes,
    });
    runtime.continueAsNew(input);
    return () => undefined;
  }
}
