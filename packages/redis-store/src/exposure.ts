import type { RedisConnectionOptions } from "@heddle/protocol";

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/**
 * Whether these options reach Redis without a password or a client certificate at an address that other machines may
 * have too. Redis that let us in like this lets everybody in.
 */
export function isExposed(connection: RedisConnectionOptions): boolean {
  return !hasCredentials(connection) && isReachedOverNetwork(connection);
}

function hasCredentials(connection: RedisConnectionOptions): boolean {
  if (connection.password !== undefined) return true;
  if (connection.tls !== undefined && "cert" in connection.tls) return true;
  return "url" in connection && urlOf(connection.url)?.password !== "";
}

export function isReachedOverNetwork(connection: RedisConnectionOptions): boolean {
  if ("url" in connection) {
    if (connection.url.startsWith("unix:")) return false;
    const host = urlOf(connection.url)?.hostname ?? "";
    return host !== "" && !isLoopback(host.replace(/^\[|\]$/g, ""));
  }
  const nodes = "cluster" in connection ? connection.cluster : connection.sentinel.nodes;
  return nodes.some(({ host }) => !isLoopback(host));
}

function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
