import type { WorkflowStatus } from "@heddle/protocol";

/** All of it must hold. */
export interface RunFilter {
  readonly status?: readonly WorkflowStatus[];
  readonly type?: string;
  /** From inclusive, to exclusive; epoch ms of the Redis clock. */
  readonly createdAt?: { readonly fromMs?: number; readonly toMs?: number };
  readonly idPrefix?: string;
  /** Of the code that first ran it. */
  readonly version?: string;
  readonly attributes?: readonly AttributeCondition[];
}

export type AttributeScalar = string | number | boolean | Date;

export type AttributeCondition = { readonly name: string } & (
  | { readonly test: "any-of"; readonly values: readonly AttributeScalar[] }
  | { readonly test: "range"; readonly from?: RangeEnd; readonly to?: RangeEnd }
  | { readonly test: "prefix"; readonly prefix: string }
  /** A list has this element. */
  | { readonly test: "contains"; readonly element: string }
);

/** Both ends of a range are of one kind. */
export interface RangeEnd {
  readonly value: number | Date;
  readonly inclusive: boolean;
}

export type GroupBy = "status" | "type" | "version" | { readonly attribute: string };

/** Runs of a filter that have something in common. */
export interface RunGroup {
  /** `null`: no code has moved these runs, so they have no version. */
  readonly group: AttributeScalar | null;
  readonly count: number;
}
