import { ConfigurationError } from "./errors.js";

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /**
   * Options of Node's TLS client, such as `ca`, `cert`, `key` and `servername`; `{}` for the defaults. With a URL,
   * `rediss://` does the same. The certificate of the server is always verified.
   */
  readonly tls?: object;
}

/** Where Redis is: one server by URL, a Sentinel group, or a Cluster by some of its nodes. */
export type RedisConnectionOptions = Credentials &
  (
    | { readonly url: string }
    | { readonly sentinel: { readonly name: string; readonly nodes: readonly Address[] } }
    | { readonly cluster: readonly Address[] }
  );

/**
 * TLS options for a client that is about to connect; undefined for a connection without TLS. They verify the server
 * also where the process's environment turns that off. Throws `ConfigurationError` for options that turn it off.
 */
export function verifiedTls(connection: RedisConnectionOptions): object | undefined {
  const { tls } = connection;
  if (tls === undefined) {
    const isWanted = "url" in connection && connection.url.startsWith("rediss://");
    return isWanted ? { rejectUnauthorized: true } : undefined;
  }
  if ("rejectUnauthorized" in tls && tls.rejectUnauthorized === false) {
    throw new ConfigurationError(
      "tls.rejectUnauthorized is false, so anybody could pose as Redis; leave it out and give the CA of the server as tls.ca",
      { details: { field: "tls.rejectUnauthorized" } },
    );
  }
  return { ...tls, rejectUnauthorized: true };
}
