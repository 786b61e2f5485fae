interface Address {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** Options of Node's TLS client; `{}` for the defaults. With a URL, `rediss://` does the same. */
  readonly tls?: object;
}

/** Where Redis is: one server by URL, a Sentinel group, or a Cluster by some of its nodes. */
export type RedisConnectionOptions = Credentials &
  (
    | { readonly url: string }
    | { readonly sentinel: { readonly name: string; readonly nodes: readonly Address[] } }
    | { readonly cluster: readonly Address[] }
  );
