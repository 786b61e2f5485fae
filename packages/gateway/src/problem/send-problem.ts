import { HeddleError } from "@heddle/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import "../access/principal.js"; // types of what requests carry
import { REQUEST_ID_HEADER } from "../request-id.js";
import type { GatewayPlugin } from "../gateway-plugin.js";
import { API_PREFIX } from "../routes/workflow-url.js";
import type { KnownRoutes } from "./known-routes.js";
import { problemOf, RETRY_AFTER_SECONDS, unexpectedError } from "./problem.js";
import { refusedRequest } from "./refused-request.js";

/** Answers whatever was thrown; the text of an error nobody foresaw goes to the log alone. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = noteRefusal(error, request, reply);
  const problem = problemOf(refusal, { path: pathOf(request), requestId: request.id });
  return reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

/** What its caller may know of whatever was thrown, with the headers that say it; the rest is in the log. */
export function noteRefusal(error: unknown, request: FastifyRequest, reply: FastifyReply): HeddleError {
  const known = error instanceof HeddleError ? error : refusedRequest(error);
  if (known === undefined)
    request.log.error({ requestId: request.id, err: error }, "request failed unexpectedly");
  else if (known.httpStatus >= 500) logServerError(request, known);
  const refusal = known ?? unexpectedError(error);

  request.refusedWith = refusal.code;
  if (refusal.retryable) void reply.header("retry-after", String(retryAfterSeconds(refusal)));
  void reply.header(REQUEST_ID_HEADER, request.id);
  return refusal;
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

/** `plugins` answer in their own shape for the paths below their prefixes. */
export function answerErrorsWithProblems(
  app: FastifyInstance,
  routes: KnownRoutes,
  plugins: readonly GatewayPlugin[],
): void {
  app.decorateRequest("refusedWith", undefined);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    const allowed = routes.methodsOf(path);
    if (allowed.length > 0) void reply.header("allow", allowed.join(", "));
    const error = noSuchRoute(request.method, allowed);
    const owner = plugins.find(({ prefix }) => isBelow(prefix, path) && !isBelow(API_PREFIX, path));
    if (owner === undefined) return sendProblem(error, request, reply);
    return owner.sendError(noteRefusal(error, request, reply), request, reply);
  });
}

function isBelow(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
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
