// The Redis users of docs/redis-acl.md, read as a shell would read them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const page = fileURLToPath(new URL("../../../docs/redis-acl.md", import.meta.url));

export const ACL_ROLES = ["coordinator", "worker", "gateway"] as const;
export type AclRole = (typeof ACL_ROLES)[number];

export interface AclUser {
  readonly name: string;
  readonly password: string;
  /** Arguments of ACL SETUSER behind the name. */
  readonly rules: readonly string[];
  /** Lower case, subcommands as `client|setname`. */
  readonly commands: ReadonlySet<string>;
}

/** What the page adds to every user on Redis Cluster. */
export function clusterRules(): string[] {
  const rules = /On Redis Cluster add `([^`]+)`/.exec(readFileSync(page, "utf8"))?.[1];
  if (rules === undefined) throw new Error("docs/redis-acl.md says nothing of Redis Cluster");
  return rules.split(" ");
}

/** The users of one namespace; everything but the namespace and the passwords is the page's own. */
export function aclUsers(names: { prefix: string; namespace: string }): Record<AclRole, AclUser> {
  const block = /```sh acl\n([^]*?)```/.exec(readFileSync(page, "utf8"))?.[1] ?? "";
  const code = block.replaceAll(/^#.*$/gm, "").replaceAll("\\\n", " ");
  const variables: Record<string, string> = {};
  for (const [, name = "", quoted, plain] of code.matchAll(/^([A-Z]+)=(?:"([^"]*)"|(\S+))$/gm)) {
    variables[name] = quoted ?? plain ?? "";
  }
  Object.assign(variables, { PREFIX: names.prefix, NAMESPACE: names.namespace });
  for (const role of ACL_ROLES) variables[`${role.toUpperCase()}_PASSWORD`] = `password-of-${role}`;

  const users = ACL_ROLES.map((role): [AclRole, AclUser] => {
    const line = new RegExp(`^redis-cli ACL SETUSER (heddle-${role}) (.*)$`, "m").exec(code);
    if (line === null) throw new Error(`docs/redis-acl.md makes no user for the role ${role}`);
    const [, name = "", text = ""] = line;
    const rules = [...text.matchAll(/"([^"]*)"|(\S+)/g)].flatMap(([, quoted, plain = ""]) => {
      const expanded = (quoted ?? plain).replaceAll(/\$([A-Z_]+)/g, (_all, variable: string) => {
        const value = variables[variable];
        if (value === undefined) throw new Error(`docs/redis-acl.md uses $${variable} without setting it`);
        return value;
      });
      return quoted === undefined ? expanded.trim().split(/\s+/) : [expanded];
    });
    const commands = new Set(rules.filter((rule) => rule.startsWith("+")).map((rule) => rule.slice(1)));
    return [role, { name, password: `password-of-${role}`, rules, commands }];
  });
  return Object.fromEntries(users) as Record<AclRole, AclUser>;
}
