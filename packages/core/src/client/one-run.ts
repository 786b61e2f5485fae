/** A call that means one run of a workflow. */
export interface OneRun {
  /** This run, or one that it continued as; another that has taken the id is left alone. Default: whichever is current. */
  readonly runId?: string | undefined;
}

export interface StopOptions extends OneRun {
  readonly reason?: string | undefined;
}

export function oneRun({ runId }: OneRun): { runId?: string } {
  return runId === undefined ? {} : { runId };
}

export function stopOf(options: StopOptions): { reason?: string; runId?: string } {
  return { ...oneRun(options), ...(options.reason === undefined ? {} : { reason: options.reason }) };
}
