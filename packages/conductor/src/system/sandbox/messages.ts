import type { ExpressionFault } from "@heddle/protocol";

/** What a sandbox thread is asked. Texts only: no object of the host ever enters it. */
export type SandboxRequest = SandboxLimits &
  (
    | { readonly kind: "evaluate"; readonly code: string; readonly inputJson: string }
    | { readonly kind: "compile"; readonly code: string }
    | { readonly kind: "jq"; readonly program: string; readonly inputJson: string }
  );

export interface SandboxLimits {
  readonly deadlineMs: number;
  readonly memoryBytes: number;
  readonly maxResultCharacters: number;
}

/** Values as JSON text: one of a script, none of a compilation, any number of a jq program. */
export type SandboxReply =
  | { readonly ok: true; readonly json: readonly string[] }
  | {
      readonly ok: false;
      readonly fault: ExpressionFault;
      readonly message: string;
      /** The engine may be left in disorder: the thread is not to be used again. */
      readonly isWorn?: boolean;
    };

/** `started`: the engine is loaded, the time of the expression runs from now. */
export type ThreadMessage = { readonly kind: "started" } | { readonly kind: "done"; reply: SandboxReply };
