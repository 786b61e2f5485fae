import { HeddleError, ROLES, UnauthenticatedError, type Role } from "@heddle/protocol";
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import type { Principal } from "./principal.js";

/** Signatures by a private key only: with a shared secret whoever can check tokens can make them. */
export const TOKEN_ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
] as const;

export interface TokenOptions {
  /** Where the issuer's keys are: an https URL, or a file. */
  readonly keys: { readonly url: string } | { readonly file: string };
  readonly issuer: string;
  /** A token must be meant for one of these. */
  readonly audience: readonly string[];
  /** Default: RS256, PS256, ES256, EdDSA. */
  readonly algorithms?: readonly string[] | undefined;
  /** Claim with the roles: `operator`, or `shop:operator` for one namespace. Default `heddle_roles`. */
  readonly roleClaim?: string | undefined;
  /** Claim with the namespaces in which roles without one hold; `*` is all. Default `heddle_namespaces`. */
  readonly namespaceClaim?: string | undefined;
}

export interface VerifiedToken {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

const DEFAULT_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
const LEEWAY_SECONDS = 30;
const MAX_SUBJECT_LENGTH = 255;

/** Rejects with `UnauthenticatedError`, or with `UnavailableError` when the issuer's keys were never had. */
export async function verifyToken(
  token: string,
  keyOf: JWTVerifyGetKey,
  rules: Omit<TokenOptions, "keys"> & { readonly namespace: string },
): Promise<VerifiedToken> {
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: [...(rules.algorithms ?? DEFAULT_ALGORITHMS)],
      issuer: rules.issuer,
      audience: [...rules.audience],
      clockTolerance: LEEWAY_SECONDS,
      requiredClaims: ["exp", "sub"],
    });
    const { sub = "", exp = 0 } = payload;
    if (sub === "" || sub.length > MAX_SUBJECT_LENGTH) throw refused("its subject is empty or too long");
    return {
      principal: { name: `jwt:${sub}`, roles: rolesIn(rules.namespace, payload, rules) },
      expiresAtMs: (exp + LEEWAY_SECONDS) * 1_000,
    };
  } catch (error) {
    if (error instanceof HeddleError) throw error;
    throw refused(reasonOf(error), error);
  }
}

function refused(reason: string, cause?: unknown): UnauthenticatedError {
  return new UnauthenticatedError(`the token is refused: ${reason}`, { cause });
}

/** Tells which rule a token broke and nothing of what it holds. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed)
    return `its claim "${error.claim}" is missing or wrong`;
  if (error instanceof errors.JWKSNoMatchingKey) return "it names no key of the issuer";
  if (error instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not allowed";
  return "it is no token that the issuer signed";
}

function rolesIn(
  namespace: string,
  claims: JWTPayload,
  { roleClaim = "heddle_roles", namespaceClaim = "heddle_namespaces" }: Omit<TokenOptions, "keys">,
): readonly Role[] {
  const isHere = (name: string): boolean => name === namespace || name === "*";
  const holdsHere = textsOf(claims, namespaceClaim).some(isHere);
  const roles = textsOf(claims, roleClaim).flatMap((text) => {
    const [first = "", second, ...more] = text.split(":");
    if (more.length > 0) return [];
    if (second === undefined) return holdsHere ? [first] : [];
    return isHere(first) ? [second] : [];
  });
  return ROLES.filter((role) => roles.includes(role));
}

/** Words of a claim: a list, or a text with blanks between. `a.b` is also the claim `b` inside the claim `a`. */
function textsOf(claims: JWTPayload, name: string): string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : valueAt(claims, name.split("."));
  const parts: unknown[] = typeof value === "string" ? value.split(/\s+/) : Array.isArray(value) ? value : [];
  return parts.filter((part) => typeof part === "string");
}

function valueAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return valueAt((value as Record<string, unknown>)[name], rest);
}
