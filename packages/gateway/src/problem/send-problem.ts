import { HeddleError } from "@heddle/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import "../access/principal.js"; // types of what requests carry
import { REQUEST_ID_HEADER } from "../request-id.js";
import type { KnownRoutes } from "./known-routes.js";
import { problemOf, RETRY_AFTER_SECONDS, unexpectedError } from "./problem.js";
import { refusedRequest } from "./refused-request.js";

/** Answers whatever was thrown; the text of an error nobody foresaw goes to the log alone. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = error instanceof HeddleError ? error : refusedRequest(error);
  if (known === undefined)
    request.log.error({ requestId: request.id, err: error }, "request failed unexpectedly");
  else if (known.httpStatus >= 500) logServerError(request, known);
  const refusal = known ?? unexpectedError(error);

  request.refusedWith = refusal.code;
  const problem = problemOf(refusal, { path: pathOf(request), requestId: request.id });
  if (refusal.retryable) void reply.header("retry-after", String(retryAfterSeconds(refusal)));
  return reply
    .code(problem.status)
    .header(REQUEST_ID_HEADER, request.id)
    .type("application/problem+json")
    .send(JSON.stringify(problem));
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}

function retryAfterSeconds({ details }: HeddleError): number {
  const { retryAfterMs } = details;
  return typeof retryAfterMs === "number" ? Math.ceil(retryAfterMs / 1_000) : RETRY_AFTER_SECONDS;
}

/** Without the stack, which says nothing new of an error of the catalogue; with the cause, which callers never see. */
export function logServerError(request: FastifyRequest, error: HeddleError): void {
  const { code, message: detail, cause: err } = error;
  request.log.warn({ requestId: request.id, code, detail, err }, "request not served");
}

export function answerErrorsWithProblems(app: FastifyInstance, routes: KnownRoutes): void {
  app.decorateRequest("refusedWith", undefined);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.methodsOf(pathOf(request));
    if (allowed.length > 0) void reply.header("allow", allowed.join(", "));
    return sendProblem(noSuchRoute(request.method, allowed), request, reply);
  });
}

function noSuchRoute(method: string, allowed: readonly string[]): HeddleError {
  if (allowed.length === 0) {
    return new HeddleError("ROUTE_NOT_FOUND", "there is no such path; GET /openapi.json lists the routes");
  }
  return new HeddleError(
    "METHOD_NOT_ALLOWED",
    `there is no ${method} of this path; it takes ${allowed.join(", ")}`,
    { details: { allowed } },
  );
}
