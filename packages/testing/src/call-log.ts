import type { ActivityContext, AnyActivity } from "@heddle/workflow";

/** One attempt of an activity, as its stand-in saw it. */
export interface ActivityCall {
  readonly workflowId: string;
  readonly runId: string;
  /** From 1; a retry is a call of its own. */
  readonly attempt: number;
  readonly input: unknown;
  readonly outcome:
    | { readonly status: "running" }
    | { readonly status: "completed"; readonly result: unknown }
    | { readonly status: "failed"; readonly error: unknown };
}

type Recorded = { -readonly [Field in keyof ActivityCall]: ActivityCall[Field] };

/** What the activities of a test were called with, in the order of the calls. */
export class CallLog {
  private readonly byName = new Map<string, Recorded[]>();

  /** Every call so far of the activity of that name. */
  of(name: string): readonly ActivityCall[] {
    return this.byName.get(name)?.map((call) => ({ ...call })) ?? [];
  }

  /** The code of an activity, which also writes each call down. */
  recording(key: string, definition: AnyActivity): AnyActivity["execute"] {
    // One list under both names by which workflows may call it.
    const calls = this.byName.get(definition.name) ?? this.byName.get(key) ?? [];
    this.byName.set(definition.name, calls);
    this.byName.set(key, calls);
    return async (input: unknown, context: ActivityContext): Promise<unknown> => {
      const { workflowId, runId, attempt } = context;
      const call: Recorded = { workflowId, runId, attempt, input, outcome: { status: "running" } };
      calls.push(call);
      try {
        const result: unknown = await definition.execute(input, context);
        call.outcome = { status: "completed", result };
        return result;
      } catch (error) {
        call.outcome = { status: "failed", error };
        throw error;
      }
    };
  }
}
