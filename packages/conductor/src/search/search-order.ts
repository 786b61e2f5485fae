import { refused } from "./query-text.js";

export interface SortKey<Field extends string> {
  readonly field: Field;
  readonly isDescending: boolean;
}

/** `startTime:DESC|workflowType:ASC`. Throws `InvalidArgumentError` for a field that is not among these. */
export function parseSort<Field extends string>(
  text: string | undefined,
  fields: readonly Field[],
  aliases: Readonly<Record<string, Field>> = {},
): readonly SortKey<Field>[] {
  if (text === undefined || text.trim() === "") return [];
  return text.split("|").map((part) => {
    const [name = "", direction = "ASC", ...rest] = part.trim().split(":");
    const wanted = Object.hasOwn(aliases, name) ? aliases[name] : name;
    const field = fields.find((each) => each === wanted);
    if (field === undefined) {
      throw refused(
        `names ${JSON.stringify(name.slice(0, 40))}; it takes ${fields.join(", ")}, each with :ASC or :DESC`,
        "sort",
      );
    }
    const order = direction.trim().toUpperCase();
    if (rest.length > 0 || (order !== "ASC" && order !== "DESC")) {
      throw refused(`is ${JSON.stringify(part.slice(0, 60))}; write field:ASC or field:DESC`, "sort");
    }
    return { field, isDescending: order === "DESC" };
  });
}

type Facts<Field extends string> = Readonly<Partial<Record<Field, string | number | undefined>>>;

/** Compares for `sort`; what is absent comes last in either direction. */
export function byKeys<Field extends string>(
  keys: readonly SortKey<Field>[],
): (left: Facts<Field>, right: Facts<Field>) => number {
  return (left, right) => {
    for (const { field, isDescending } of keys) {
      const [one, other] = [left[field], right[field]];
      if (one === other) continue;
      if (one === undefined) return 1;
      if (other === undefined) return -1;
      const order = one < other ? -1 : 1;
      return isDescending ? -order : order;
    }
    return 0;
  };
}
