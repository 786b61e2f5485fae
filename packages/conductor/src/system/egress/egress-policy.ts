import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { ConfigurationError, SsrfBlockedError } from "@heddle/protocol";
import { AddressSet, never, notPublic } from "./address-sets.js";

export interface EgressOptions {
  /**
   * Hosts that may be called although their addresses are not public: `orders.internal`, `*.svc.cluster.local`, `10.0.0.7`.
   * With a port, `kafka:9092`, that port is allowed as well, and only there.
   */
  readonly allowedHosts?: readonly string[];
  /** Networks that may be called although they are not public, as CIDR blocks. */
  readonly allowedNetworks?: readonly string[];
  /** Ports that may be called. Default 80, 443, 8080, 8443. */
  readonly allowedPorts?: readonly number[];
  /** How names are resolved. Default: as the system does. */
  readonly resolve?: ResolveAll;
}

export type ResolveAll = (
  host: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** They resolve to addresses that are refused; behind a proxy nobody here sees that. */
const METADATA_NAMES = new Set(["metadata", "metadata.google.internal", "metadata.goog", "instance-data"]);

/**
 * Where tasks may connect to. Public addresses on well-known ports; what is not public only as the operator allows it;
 * metadata services, link-local and multicast addresses never. Every refusal is an `SsrfBlockedError`.
 */
export class EgressPolicy {
  readonly #hosts: readonly AllowedHost[];
  readonly #networks: AddressSet;
  readonly #ports: ReadonlySet<number>;
  readonly #resolve: ResolveAll;

  /** Throws `ConfigurationError` for a host or network that cannot be read. */
  constructor(options: EgressOptions = {}) {
    this.#hosts = (options.allowedHosts ?? []).map(parseHost);
    this.#ports = new Set(options.allowedPorts ?? [80, 443, 8080, 8443]);
    this.#resolve = options.resolve ?? systemLookup;
    try {
      this.#networks = new AddressSet(options.allowedNetworks ?? []);
    } catch (error) {
      throw new ConfigurationError(`egress.allowedNetworks: ${(error as Error).message}`, { cause: error });
    }
  }

  /** What can be said before a name is resolved: the port, an address instead of a name, names of metadata services. */
  assertTarget(target: Target): void {
    const host = plainHost(target.host);
    if (
      !this.#ports.has(target.port) &&
      !this.#hosts.some((allowed) => namesPort(allowed, host, target.port))
    ) {
      throw blocked(target, `port ${target.port} is not among those allowed`);
    }
    if (isIP(host) !== 0) this.assertAddress(host, target);
    else if (METADATA_NAMES.has(host)) throw blocked(target, "it is a metadata service");
  }

  /** Says nothing of the address itself: who calls a name need not learn what it resolves to. */
  assertAddress(address: string, target: Target): void {
    const [plain = ""] = address.split("%");
    if (isIP(plain) === 0 || never.has(plain)) {
      throw blocked(target, "it is a link-local, multicast or metadata address");
    }
    if (notPublic.has(plain) && !this.#isAllowed(target) && !this.#networks.has(plain)) {
      throw blocked(target, "it is no public address");
    }
  }

  /** For `net.connect`: resolves a name once, and to nothing if one of its addresses is refused. */
  lookupFor(target: Target): LookupFunction {
    return (hostname, options, callback) => {
      this.#resolve(hostname, { all: true }, (error, addresses) => {
        try {
          if (error !== null) throw error;
          for (const { address } of addresses) this.assertAddress(address, target);
          const wanted = addresses.filter(
            ({ family }) => !isFamily(options.family) || family === options.family,
          );
          const [first] = wanted;
          if (first === undefined) throw new Error(`${hostname} has no address`);
          if (options.all === true) callback(null, wanted);
          else callback(null, first.address, first.family);
        } catch (refusal) {
          callback(refusal as NodeJS.ErrnoException, []);
        }
      });
    };
  }

  #isAllowed({ host, port }: Target): boolean {
    const plain = plainHost(host);
    return this.#hosts.some((allowed) =>
      allowed.port === undefined ? matches(allowed, plain) : namesPort(allowed, plain, port),
    );
  }
}

interface AllowedHost {
  readonly name: string;
  readonly isSuffix: boolean;
  readonly port: number | undefined;
}

function parseHost(text: string): AllowedHost {
  const match = /^(\*\.)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text.toLowerCase());
  if (match === null) {
    throw new ConfigurationError(
      `egress.allowedHosts: "${text}" is no host such as api.internal, *.internal or 10.0.0.7:9092`,
    );
  }
  const [, star, name = "", port] = match;
  return {
    name: plainHost(name),
    isSuffix: star !== undefined,
    port: port === undefined ? undefined : Number(port),
  };
}

function matches({ name, isSuffix }: AllowedHost, host: string): boolean {
  return isSuffix ? host.endsWith(`.${name}`) : host === name;
}

function namesPort(allowed: AllowedHost, host: string, port: number): boolean {
  return allowed.port === port && matches(allowed, host);
}

/** Without the brackets of an IPv6 address and the dot at the end of an absolute name. */
function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

function isFamily(family: unknown): family is 4 | 6 {
  return family === 4 || family === 6;
}

function blocked({ host, port }: Target, reason: string): SsrfBlockedError {
  const target = `${host}:${port}`;
  return new SsrfBlockedError(
    `a call to ${target} was blocked: ${reason}; call another one, or let the operator allow it`,
    { details: { target } },
  );
}
