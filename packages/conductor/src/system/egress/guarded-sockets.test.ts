import { lookup } from "node:dns";
import { createServer, type AddressInfo, type LookupFunction, type Server } from "node:net";
import { SsrfBlockedError } from "@heddle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EgressPolicy } from "./egress-policy.js";
import { guardedConnector, guardedSocket } from "./guarded-sockets.js";

let server: Server;
let received = 0;
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined).on("data", (data) => (received += data.length));
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
});
afterAll(() => new Promise((closed) => server.close(closed)));

/** Lets every address of a name through, so that only the check of the socket is left. */
class BlindPolicy extends EgressPolicy {
  override lookupFor(): LookupFunction {
    return (hostname, options, callback) => lookup(hostname, options, callback);
  }
}

test("the address that a socket is connected to is judged, whatever was looked up", async () => {
  const { port } = server.address() as AddressInfo;
  const policy = new BlindPolicy({ allowedPorts: [port] });
  const connect = guardedConnector(policy, { timeoutMs: 20_000 });
  const error = await new Promise((resolve) => {
    connect({ hostname: "localhost", port: String(port), protocol: "http:" }, (...[fault]) => resolve(fault));
  });
  expect(error).toBeInstanceOf(SsrfBlockedError);

  const socket = guardedSocket(
    policy,
    { host: "localhost", port },
    { onConnect: () => socket.write("must not arrive") },
  );
  expect(await new Promise((resolve) => socket.once("error", resolve))).toBeInstanceOf(SsrfBlockedError);
  expect(received).toBe(0);
});
