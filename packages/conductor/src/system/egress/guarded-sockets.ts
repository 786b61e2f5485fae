import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { buildConnector } from "undici";
import type { EgressPolicy, Target } from "./egress-policy.js";

/**
 * Opens the connections of an undici agent. A target is judged before anything is sent: an address instead of a name
 * (which is never looked up), every address of a name, and the address of the socket that came of it.
 */
export function guardedConnector(
  policy: EgressPolicy,
  options: { readonly timeoutMs: number },
): buildConnector.connector {
  return (request, callback) => {
    const target = { host: request.hostname, port: portOf(request) };
    const refusal = attempt(() => policy.assertTarget(target));
    if (refusal !== undefined) {
      callback(refusal, null);
      return;
    }
    const connect = buildConnector({ timeout: options.timeoutMs, lookup: policy.lookupFor(target) });
    connect(request, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      const fault = attempt(() => policy.assertAddress(socket.remoteAddress ?? "", target));
      if (fault === undefined) callback(null, socket);
      else {
        socket.destroy();
        callback(fault, null);
      }
    });
  };
}

/** The same for a plain socket; throws for what can be refused at once, else the socket fails. */
export function guardedSocket(
  policy: EgressPolicy,
  target: Target,
  options: { readonly tls?: ConnectionOptions | undefined; readonly onConnect: () => void },
): Socket {
  policy.assertTarget(target);
  const address = { ...target, lookup: policy.lookupFor(target) };
  // An address is no name that a certificate is asked for.
  const name = isIP(target.host) === 0 ? { servername: target.host } : {};
  const socket: Socket =
    options.tls === undefined ? connectTcp(address) : connectTls({ ...options.tls, ...address, ...name });
  socket.once(options.tls === undefined ? "connect" : "secureConnect", () => {
    const fault = attempt(() => policy.assertAddress(socket.remoteAddress ?? "", target));
    if (fault === undefined) options.onConnect();
    else socket.destroy(fault);
  });
  return socket;
}

function portOf({ port, protocol }: { readonly port: string; readonly protocol: string }): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

function attempt(check: () => void): Error | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
