import { fastify } from "fastify";
import { expect, test } from "vitest";
import { KnownRoutes } from "./known-routes.js";

test.each([
  ["/things", ["GET", "HEAD", "POST"]],
  ["/things/a%2Fb", ["DELETE", "GET", "HEAD"]],
  ["/things/count", ["DELETE", "GET", "HEAD", "PUT"]],
  ["/things/a/b", []],
  ["/", []],
])("%s has the methods %j", async (path, methods) => {
  const app = fastify();
  const routes = new KnownRoutes();
  routes.collect(app);
  const answer = (): string => "";
  app.get("/things", answer).post("/things", answer);
  app.get("/things/:id", answer).delete("/things/:id", answer).put("/things/count", answer);
  await app.ready();
  expect(routes.methodsOf(path)).toEqual(methods);
});
