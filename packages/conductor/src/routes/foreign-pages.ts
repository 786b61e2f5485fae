import type { GatewayApp } from "@heddle/gateway";
import { PermissionDeniedError } from "@heddle/protocol";

/**
 * A POST without a body is one that any web page may send to a gateway on its reader's machine, which asks nobody who he
 * is. Browsers say from where it comes.
 */
export function refuseForeignPages(app: GatewayApp, corsOrigins: readonly string[]): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || request.method === "GET" || isOwn(origin, request.host)) done();
    else if (corsOrigins.includes(origin)) done();
    else {
      const message = `pages of ${JSON.stringify(origin)} may not call; add the origin to those that may`;
      done(new PermissionDeniedError(message, { details: { field: "origin" } }));
    }
  });
}

function isOwn(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
