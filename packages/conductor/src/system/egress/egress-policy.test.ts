import { ConfigurationError, SsrfBlockedError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { EgressPolicy, type EgressOptions } from "./egress-policy.js";

function judge(address: string, options: EgressOptions = {}, host = "a.example"): "allowed" | "blocked" {
  try {
    new EgressPolicy(options).assertAddress(address, { host, port: 80 });
    return "allowed";
  } catch (error) {
    expect(error).toBeInstanceOf(SsrfBlockedError);
    return "blocked";
  }
}

const METADATA = [
  ...["169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"],
  ...[
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
  ],
  ...["::169.254.169.254", "224.0.0.1", "ff02::1", "255.255.255.255", "no address"],
];
const PRIVATE = [
  ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "172.16.0.1", "172.31.255.255"],
  ...["192.168.1.1", "198.18.0.1", "240.0.0.1", "192.0.2.1", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1"],
  ...["::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "fc00::1"],
  ...["fd12:3456::1", "fec0::1", "2001:db8::1"],
];
const PUBLIC = [
  "8.8.8.8",
  "1.1.1.1",
  "172.15.0.1",
  "172.32.0.1",
  "100.63.0.1",
  "100.128.0.1",
  "::ffff:8.8.8.8",
  "2606:4700::1111",
];

test.each([...METADATA, ...PRIVATE])("%s is blocked", (address) => {
  expect(judge(address)).toBe("blocked");
});

test.each(PUBLIC)("%s is public", (address) => {
  expect(judge(address)).toBe("allowed");
});

test.each(PRIVATE)("%s can be allowed by the operator, by host and by network", (address) => {
  expect(judge(address, { allowedHosts: ["a.example"] })).toBe("allowed");
  expect(judge(address, { allowedNetworks: ["0.0.0.0/0", "::/0"] })).toBe("allowed");
});

test.each(METADATA)("%s is blocked whatever is allowed", (address) => {
  const everything = { allowedHosts: ["a.example", "*.example"], allowedNetworks: ["0.0.0.0/0", "::/0"] };
  expect(judge(address, everything)).toBe("blocked");
});

test("a network allows what lies in it, also mapped into IPv6, and nothing else", () => {
  const options = { allowedNetworks: ["10.1.0.0/16", "fd00:1::/32"] };
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::9"])
    expect(judge(address, options)).toBe("allowed");
  for (const address of ["10.2.0.1", "127.0.0.1", "fd00:2::9"])
    expect(judge(address, options)).toBe("blocked");
});

test("a host allows itself, a star what is below it, whatever the case and a dot at the end", () => {
  const options = { allowedHosts: ["API.internal", "*.svc.local"] };
  for (const host of ["api.internal", "API.INTERNAL.", "a.svc.local", "a.b.svc.local"]) {
    expect(judge("10.0.0.1", options, host)).toBe("allowed");
  }
  for (const host of ["x.api.internal", "svc.local", "evilsvc.local", "api.internal.evil.example"]) {
    expect(judge("10.0.0.1", options, host)).toBe("blocked");
  }
});

test("ports are those of the web, and others only with their host", () => {
  const policy = new EgressPolicy({ allowedHosts: ["kafka:9092", "[fd00::1]:9092"] });
  const reach = (host: string, port: number) => () => policy.assertTarget({ host, port });
  for (const port of [80, 443, 8080, 8443]) expect(reach("a.example", port)).not.toThrow();
  for (const port of [22, 25, 6379, 9092]) expect(reach("a.example", port)).toThrow(SsrfBlockedError);
  expect(reach("kafka", 9092)).not.toThrow();
  expect(reach("[fd00::1]", 9092)).not.toThrow();
  expect(reach("kafka", 6379)).toThrow("port 6379 is not among those allowed");
  // With a port, a host is allowed on that port alone.
  expect(() => policy.assertAddress("10.0.0.1", { host: "kafka", port: 9092 })).not.toThrow();
  expect(() => policy.assertAddress("10.0.0.1", { host: "kafka", port: 80 })).toThrow(SsrfBlockedError);
});

test("names of metadata services are refused before they are resolved", () => {
  const policy = new EgressPolicy({ allowedHosts: ["metadata.google.internal"] });
  for (const host of ["metadata.google.internal", "METADATA.google.internal.", "metadata"]) {
    expect(() => policy.assertTarget({ host, port: 80 })).toThrow(SsrfBlockedError);
  }
});

test.each<[keyof EgressOptions, string]>([
  ["allowedHosts", "http://a.example"],
  ["allowedHosts", "*"],
  ["allowedHosts", "a b"],
  ["allowedHosts", ""],
  ["allowedNetworks", "10.0.0.0/33"],
  ["allowedNetworks", "10.0.0.0/8/8"],
  ["allowedNetworks", "10.0.0.0/x"],
  ["allowedNetworks", "internal"],
])("%s refuses %j", (option, value) => {
  expect(() => new EgressPolicy({ [option]: [value] })).toThrow(ConfigurationError);
});
