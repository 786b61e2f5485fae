import type { StartOptions } from "@heddle/core";
import { assertAttributes } from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";

/** Checks what a new run is to be found by against what its workflow declares. Throws `InvalidArgumentError`. */
export function assertDeclaredAttributes(
  workflow: AnyWorkflow,
  { attributes }: Pick<StartOptions, "attributes">,
): void {
  if (attributes !== undefined) assertAttributes(attributes, workflow.attributeTypes);
}
