import { assertWorkflowId, assertWorkflowType, InvalidArgumentError } from "@heddle/protocol";
import type { ChildOptions } from "@heddle/workflow";
import { assertKnownOptions } from "../../client/naming.js";
import { runTimesOf } from "../../client/run-times.js";
import { assertOneOf } from "../../client/start-options.js";
import type { ParentClosePolicy } from "../../store/messages.js";
import type { RunTimes } from "../../store/run-times.js";

const POLICIES = ["terminate", "request-cancel", "abandon"] as const;
const CANCELLATIONS = [
  ...(["abandon", "try-cancel"] as const),
  ...(["wait-cancellation-requested", "wait-cancellation-completed"] as const),
];
const CONFLICT = ["fail", "terminate-existing"] as const;
const REUSE = ["allow", "allow-failed-only", "reject"] as const;
const KNOWN = [
  ...["id", "parentClosePolicy", "cancellation", "idConflict", "idReuse"],
  ...["executionTimeout", "runTimeout", "startAfter", "startAt"],
];

export interface ChildCall {
  readonly type: string;
  readonly input: unknown;
  /** Absent: derived from the parent's run. */
  readonly id: string | undefined;
  readonly policy: ParentClosePolicy;
  readonly cancellation: (typeof CANCELLATIONS)[number];
  readonly onOpen: (typeof CONFLICT)[number];
  readonly onClosed: (typeof REUSE)[number];
  readonly times: RunTimes | undefined;
}

/** What a call of `ctx.startChild` asks for. Throws `InvalidArgumentError`. */
export function childCall(target: unknown, input: unknown, options: ChildOptions = {}): ChildCall {
  const type = typeNameOf(target);
  assertKnownOptions(options, KNOWN, "startChild");
  if (options.id !== undefined) assertWorkflowId(options.id);
  const { parentClosePolicy = "terminate", cancellation = "wait-cancellation-completed" } = options;
  const { idConflict = "fail", idReuse = "allow" } = options;
  assertOneOf("parentClosePolicy", parentClosePolicy, POLICIES);
  assertOneOf("cancellation", cancellation, CANCELLATIONS);
  assertOneOf("idConflict", idConflict, CONFLICT);
  assertOneOf("idReuse", idReuse, REUSE);
  return {
    ...{ type, input, id: options.id, policy: parentClosePolicy, cancellation },
    ...{ onOpen: idConflict, onClosed: idReuse, times: runTimesOf(options) },
  };
}

function typeNameOf(target: unknown): string {
  const isDefinition =
    typeof target === "object" && target !== null && "kind" in target && target.kind === "workflow";
  const type: unknown = isDefinition && "name" in target ? target.name : target;
  if (typeof type !== "string") {
    throw new InvalidArgumentError("ctx.startChild takes a workflow or the name of its type");
  }
  assertWorkflowType(type);
  return type;
}
