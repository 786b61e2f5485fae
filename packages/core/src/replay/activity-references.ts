import { InvalidArgumentError } from "@heddle/protocol";

/** The names that the code of a run gave its activities, so that others can settle them. */
export class ActivityReferences {
  /** Made with the first reference, because most runs have none and many wait in memory. */
  private seqs: Map<string, number> | undefined;

  constructor(private readonly run: { isPending(seq: number): boolean }) {}

  get names(): readonly string[] {
    return [...(this.seqs?.keys() ?? [])];
  }

  /** Throws `InvalidArgumentError` when an activity that is not settled has it. */
  assertFree(reference: string): void {
    const seq = this.seqs?.get(reference);
    if (seq === undefined || !this.run.isPending(seq)) return;
    throw new InvalidArgumentError(
      `activity ${seq} of this run has the reference ${JSON.stringify(reference)} and is not settled; give each open activity a reference of its own`,
      { details: { field: "reference", reference, seq } },
    );
  }

  note(reference: string, seq: number): void {
    (this.seqs ??= new Map()).set(reference, seq);
  }
}
