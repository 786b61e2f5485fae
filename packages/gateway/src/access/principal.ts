import type { ErrorCode, Role } from "@heddle/protocol";

/** Who calls, and what he may do in the namespace of this gateway. */
export interface Principal {
  /** `key:<id>`, `admin-key`, `jwt:<sub>`, `webhook:<name>`, or `anonymous` in a gateway that is open. */
  readonly name: string;
  /** One for a key; none for a webhook and for a token that says nothing about this namespace, which may also say several. */
  readonly roles: readonly Role[];
  /** Undefined for the limit of the gateway. */
  readonly requestsPerSecond?: number | undefined;
  /** Undefined for no quota. */
  readonly requestsPerDay?: number | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Undefined on routes that are open, and until the caller is known. */
    principal: Principal | undefined;
    /** Counts more requests of the caller: for one that stands for many. Undefined where nobody is counted. */
    takeRequests: ((count: number) => Promise<void>) | undefined;
    /** Rejects as a new call would, once the credentials of this one are not good any more. Undefined where nobody asks. */
    stillAllowed: (() => Promise<void>) | undefined;
    /** With which code the request was refused; for the audit log. */
    refusedWith: ErrorCode | undefined;
    /** Id of what the call is about, where the path does not name it; for the audit log. */
    auditObject: string | undefined;
  }
}
