import type { AccessStore, WorkflowClient } from "@heddle/core";
import type { Logger } from "@heddle/telemetry";
import { expectTypeOf, test } from "vitest";
import type { GatewayOptions } from "./create-gateway.js";
import type { TokenOptions } from "./access/json-web-token.js";

interface Given {
  readonly client: WorkflowClient;
  readonly log: Logger;
}

test("nobody makes a gateway that is open without saying so", () => {
  expectTypeOf<Given>().not.toExtend<GatewayOptions>();
  expectTypeOf<Given & { access: { store: AccessStore } }>().toExtend<GatewayOptions>();
  expectTypeOf<Given & { access: { store: AccessStore; credentials: "none" } }>().toExtend<GatewayOptions>();
  expectTypeOf<Given & { access: { credentials: "none" } }>().not.toExtend<GatewayOptions>();
});

test("tokens need an issuer and an audience, and keys from one place", () => {
  interface Rules {
    readonly issuer: string;
    readonly audience: readonly string[];
  }
  expectTypeOf<Rules & { keys: { url: string } }>().toExtend<TokenOptions>();
  expectTypeOf<Rules & { keys: { file: string } }>().toExtend<TokenOptions>();
  expectTypeOf<Rules>().not.toExtend<TokenOptions>();
  expectTypeOf<Omit<Rules, "audience"> & { keys: { url: string } }>().not.toExtend<TokenOptions>();
});
