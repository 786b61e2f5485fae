import { UnauthenticatedError } from "@heddle/protocol";

/** The sender is told the same for every reason, so that a forger learns nothing; the reason is for the log. */
export class SignatureRefusedError extends UnauthenticatedError {
  constructor(readonly reason: string) {
    super(
      "the request is not signed as this webhook asks for; the gateway's log has the reason under this request id",
    );
  }
}
