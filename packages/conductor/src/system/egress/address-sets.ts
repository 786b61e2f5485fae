import { BlockList, isIP, isIPv4 } from "node:net";

/** Reserved, private, local or embedded: nobody on the internet is to be found there. */
const NOT_PUBLIC = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"],
  ...["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  // IPv4 within IPv6: compatible, NAT64, 6to4, Teredo. (Mapped addresses match the lists of IPv4 as they are; a rule
  // for ::ffff:0:0/96 would make BlockList match all of IPv4.)
  ...["::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23"],
  ...[
    "100::/64",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
  ],
];

/** Metadata and other services of the machine itself, which hand out its credentials; and whole groups of machines. */
const NEVER = [
  ...["169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "224.0.0.0/4"],
  ...["255.255.255.255/32", "fd00:ec2::254/128", "fd20:ce::254/128", "fe80::/10", "ff00::/8"],
];

/** Prefixes below which an IPv4 address can stand, by the bits before it. */
const EMBEDDINGS = [
  { prefix: "::", bits: 96 },
  { prefix: "64:ff9b::", bits: 96 },
  { prefix: "2002:", bits: 16 },
];

/** A set of addresses, given as CIDR blocks or single addresses. Throws `TypeError` for what is neither. */
export class AddressSet {
  readonly #blocks = new BlockList();

  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = "", bits, ...rest] = network.split("/");
      const family = isIP(address) === 4 ? "ipv4" : "ipv6";
      const width = family === "ipv4" ? 32 : 128;
      const prefix = bits === undefined ? width : Number(bits);
      const isNumber = bits === undefined || /^\d{1,3}$/.test(bits);
      if (isIP(address) === 0 || !isNumber || prefix > width || rest.length > 0) {
        throw new TypeError(`"${network}" is no network such as 10.0.0.0/8 or fd00::/8`);
      }
      this.#blocks.addSubnet(address, prefix, family);
    }
  }

  has(address: string): boolean {
    return this.#blocks.check(address, isIPv4(address) ? "ipv4" : "ipv6");
  }
}

export const notPublic = new AddressSet(NOT_PUBLIC);
export const never = new AddressSet([
  ...NEVER,
  ...NEVER.filter((network) => network.includes(".")).flatMap(embedded),
]);

function embedded(network: string): string[] {
  const [address = "", bits = "32"] = network.split("/");
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return EMBEDDINGS.map(
    ({ prefix, bits: before }) => `${prefix}${hex}${before === 16 ? "::" : ""}/${before + Number(bits)}`,
  );
}
