/** Source of unguessable ids; injected so that core has no randomness of its own. */
export interface IdSource {
  /** 128 random bits, URL-safe. */
  randomId(): string;
  /** Time-ordered UUID for a workflow whose caller named none. */
  workflowId(): string;
}
