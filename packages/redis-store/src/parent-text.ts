import { CorruptRecordError, type ParentRun } from "@heddle/protocol";

/** The parent of a run as its header and its start event have it. The workflow id comes last: it may hold any character. */
export function parentText({ seq, depth, runId, workflowId }: ParentRun): string {
  return `${seq}:${depth}:${runId}:${workflowId}`;
}

/** Throws `CorruptRecordError` for anything else. */
export function parseParentText(text: string): ParentRun {
  const [, seq, depth, runId, workflowId] = /^(\d+):(\d+):([^:]+):([^]+)$/.exec(text) ?? [];
  if (runId === undefined || workflowId === undefined) {
    throw new CorruptRecordError(`${JSON.stringify(text)} in a stored record names no parent`);
  }
  return { seq: Number(seq), depth: Number(depth), runId, workflowId };
}
