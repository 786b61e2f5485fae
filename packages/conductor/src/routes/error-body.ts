import type { HeddleError } from "@heddle/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ValidationFailedError } from "../definition/validation-error.js";

/** Answers in the shape that Conductor's clients read; what they show to people is `message`. */
export function sendConductorError(
  refusal: HeddleError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { httpStatus: status, code, message, retryable } = refusal;
  const body = {
    ...{ status, code, message, instance: request.id, retryable },
    ...(refusal instanceof ValidationFailedError
      ? {
          message: "Validation failed, check below errors for detail.",
          validationErrors: refusal.validationErrors,
        }
      : {}),
  };
  return reply.code(status).type("application/json").send(JSON.stringify(body));
}
