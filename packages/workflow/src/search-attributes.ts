import type { AttributeType, AttributeTypes, AttributeValue } from "@heddle/protocol";

interface ValueByType {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
  readonly date: Date;
  readonly "string[]": readonly string[];
}
type ValueOf<Type> = Type extends AttributeType ? ValueByType[Type] : never;

/** Names that code may set: those declared and `tags`, or any when none is declared. */
export type AttributeName<Declared extends AttributeTypes> = [keyof Declared] extends [never]
  ? string
  : (keyof Declared & string) | "tags";

export type AttributeOf<Declared extends AttributeTypes, Name> = Name extends keyof Declared
  ? ValueOf<Declared[Name]>
  : Name extends "tags"
    ? readonly string[]
    : AttributeValue;

/** What `ctx.setAttributes` takes; null and undefined remove. */
export type AttributeChangesOf<Declared extends AttributeTypes> = {
  readonly [Name in AttributeName<Declared>]?: AttributeOf<Declared, Name> | null | undefined;
};
