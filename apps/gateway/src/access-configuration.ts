import { isIP } from "node:net";
import { TOKEN_ALGORITHMS, type GatewayAccess, type TokenOptions } from "@heddle/gateway";
import { commaSeparated, wholeNumber } from "@heddle/service-process";
import { z } from "zod";
import { isLoopback } from "./loopback.js";

const LEAST_KEY_LENGTH = 32;

const algorithms: readonly string[] = TOKEN_ALGORITHMS;
const list = () => z.string().transform(commaSeparated);

/** Variables about who may call. Messages follow the name of the variable. */
export const accessVariables = {
  HEDDLE_ADMIN_KEY: z
    .string()
    .regex(/^[\x21-\x7e]*$/, "may hold visible ASCII characters only")
    .min(LEAST_KEY_LENGTH, `must have at least ${LEAST_KEY_LENGTH} characters: openssl rand -base64 32`)
    .optional(),
  HEDDLE_JWKS_URL: z
    .string()
    .refine(isTrustworthyUrl, "must be an https URL without user and password; http only on loopback")
    .optional(),
  HEDDLE_JWKS_FILE: z.string().optional(),
  HEDDLE_JWT_ISSUER: z.string().optional(),
  HEDDLE_JWT_AUDIENCE: list().optional(),
  HEDDLE_JWT_ALGORITHMS: list()
    .refine(
      (given) => given.length > 0 && given.every((name) => algorithms.includes(name)),
      `must be a list of ${algorithms.join(", ")}`,
    )
    .optional(),
  HEDDLE_JWT_ROLE_CLAIM: z.string().optional(),
  HEDDLE_JWT_NAMESPACE_CLAIM: z.string().optional(),
  HEDDLE_RATE_LIMIT: wholeNumber({ least: 0, most: 1_000_000, fallback: undefined }),
  HEDDLE_NAMESPACE_RATE_LIMIT: wholeNumber({ least: 0, most: 1_000_000, fallback: undefined }),
  HEDDLE_AUDIT_ENTRIES: wholeNumber({ least: 100, most: 100_000_000, fallback: undefined }),
  HEDDLE_CORS_ORIGINS: list()
    .refine((given) => given.every(isOrigin), "must be a list of origins such as https://console.example.org")
    .default([]),
  HEDDLE_TRUST_PROXY: list()
    .refine(
      (given) => given.every(isAddressRange),
      "must be a list of addresses or ranges such as 10.0.0.0/8",
    )
    .default([]),
};

type AccessVariables = z.output<z.ZodObject<typeof accessVariables>>;

/** What single variables cannot tell: which exclude and which need each other. */
export function findAccessFault(
  given: AccessVariables & { readonly HEDDLE_DEV: boolean },
): { variable: string; message: string } | undefined {
  const { HEDDLE_JWKS_URL: url, HEDDLE_JWKS_FILE: file } = given;
  const hasTokens = url !== undefined || file !== undefined;
  if (given.HEDDLE_DEV && (hasTokens || given.HEDDLE_ADMIN_KEY !== undefined)) {
    return {
      variable: "HEDDLE_DEV",
      message: "is 1, which asks for no credentials, and credentials are set; leave one of them out",
    };
  }
  if (url !== undefined && file !== undefined) {
    return { variable: "HEDDLE_JWKS_FILE", message: "excludes HEDDLE_JWKS_URL; set one of them" };
  }
  if (hasTokens && (given.HEDDLE_JWT_ISSUER ?? "") === "") {
    return { variable: "HEDDLE_JWT_ISSUER", message: "is not set; tokens are taken from one issuer only" };
  }
  if (hasTokens && (given.HEDDLE_JWT_AUDIENCE ?? []).length === 0) {
    return {
      variable: "HEDDLE_JWT_AUDIENCE",
      message: "is not set; tokens that are meant for another service must be refused",
    };
  }
  return undefined;
}

export function accessConfiguration(
  given: AccessVariables & { readonly HEDDLE_DEV: boolean },
): Omit<GatewayAccess, "store"> {
  return {
    credentials: given.HEDDLE_DEV
      ? "none"
      : { adminKey: given.HEDDLE_ADMIN_KEY, tokens: tokenOptions(given) },
    requestsPerSecond: given.HEDDLE_RATE_LIMIT,
    namespaceRequestsPerSecond: given.HEDDLE_NAMESPACE_RATE_LIMIT,
    auditEntries: given.HEDDLE_AUDIT_ENTRIES,
  };
}

function tokenOptions(given: AccessVariables): TokenOptions | undefined {
  const { HEDDLE_JWKS_URL: url, HEDDLE_JWKS_FILE: file } = given;
  const keys = url !== undefined ? { url } : file !== undefined ? { file } : undefined;
  if (keys === undefined) return undefined;
  return {
    keys,
    issuer: given.HEDDLE_JWT_ISSUER ?? "",
    audience: given.HEDDLE_JWT_AUDIENCE ?? [],
    algorithms: given.HEDDLE_JWT_ALGORITHMS,
    roleClaim: given.HEDDLE_JWT_ROLE_CLAIM,
    namespaceClaim: given.HEDDLE_JWT_NAMESPACE_CLAIM,
  };
}

function isTrustworthyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")));
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function isAddressRange(text: string): boolean {
  const [address = "", bits = "0", ...more] = text.split("/");
  const family = isIP(address);
  return (
    more.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  );
}
