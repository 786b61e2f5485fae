import { InvalidArgumentError } from "@heddle/protocol";

const ROLES = ["client", "coordinator", "worker"] as const;

/** What an engine does in its process besides calling: own partitions, run activities. */
export type Role = (typeof ROLES)[number];

/** Throws `InvalidArgumentError` for an unknown role. Every engine is a client. */
export function resolveRoles(roles: readonly Role[] | undefined): ReadonlySet<Role> {
  const unknown = roles?.find((role) => !ROLES.includes(role));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `role ${JSON.stringify(unknown)} does not exist; use ${ROLES.join(", ")}`,
      {
        details: { field: "roles" },
      },
    );
  }
  return new Set<Role>(["client", ...(roles ?? ROLES)]);
}
