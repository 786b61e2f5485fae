/**
 * What callers of a namespace may do. Each role includes those before it, but for `worker`: it stands beside `reader`
 * and `signaller`, includes neither, and is included in `operator` and `admin` alone.
 */
export const ROLES = ["worker", "reader", "signaller", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Whether a caller with the role `held` may do what needs `least`. */
export function includesRole(held: Role, least: Role): boolean {
  if (held === least) return true;
  if (least === "worker") return held === "operator" || held === "admin";
  return held !== "worker" && ROLES.indexOf(held) > ROLES.indexOf(least);
}
