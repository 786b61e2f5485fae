import { compareEntryIds } from "./stream-id.js";

/**
 * Lets a query wait until everything that was accepted before it is processed: a call to the store that begins
 * after the question tells which entry was the newest, and feeding up to it answers.
 */
export class CatchUp {
  private asked: (() => void)[] = [];
  private waiting: { readonly target: string; readonly pass: () => void }[] = [];

  /** Somebody asked and no call has begun since. */
  get isAsked(): boolean {
    return this.asked.length > 0;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.asked.push(resolve));
  }

  /** A call to the store begins; call the result with the newest entry that its reply tells. */
  callBegins(): (newestEntry: string) => void {
    const asked = this.asked;
    this.asked = [];
    return (target) => this.waiting.push(...asked.map((pass) => ({ target, pass })));
  }

  /** Everything up to this entry is processed. */
  reached(entryId: string): void {
    if (this.waiting.length === 0) return;
    const passing = this.waiting.filter(({ target }) => compareEntryIds(target, entryId) <= 0);
    this.waiting = this.waiting.filter((each) => !passing.includes(each));
    for (const { pass } of passing) pass();
  }

  /** Nobody will process anything any more. */
  end(): void {
    for (const pass of [...this.asked, ...this.waiting.map((each) => each.pass)]) pass();
    this.asked = [];
    this.waiting = [];
  }
}
