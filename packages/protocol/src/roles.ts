/** What callers of a namespace may do; each role includes those before it. */
export const ROLES = ["reader", "signaller", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export function isRole(value: unknown): value is Role {
  return (ROLES as readonly unknown[]).includes(value);
}

/** Whether a caller with the role `held` may do what needs `least`. */
export function includesRole(held: Role, least: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(least);
}
