import { OutcomeUnknownError } from "@heddle/protocol";

/**
 * The JSON object of a reply, read field by field. Checked by hand and not by a schema: that would be most of what a
 * browser has to load. Throws `OutcomeUnknownError` naming the field that is missing: the call was answered as done, but
 * not by a gateway that this client understands.
 */
export class ReplyBody {
  constructor(
    private readonly value: unknown,
    private readonly path = "the reply",
  ) {}

  get(field: string): unknown {
    const { value } = this;
    return typeof value === "object" && value !== null && Object.hasOwn(value, field)
      ? (value as Readonly<Record<string, unknown>>)[field]
      : undefined;
  }

  text(field: string): string {
    return this.optionalText(field) ?? this.missing(field, "text");
  }
  optionalText(field: string): string | undefined {
    const value = this.get(field);
    return value === undefined || typeof value === "string" ? value : this.missing(field, "text");
  }
  oneOf<const Values extends readonly string[]>(field: string, values: Values): Values[number] {
    const text = this.text(field);
    return values.find((value) => value === text) ?? this.missing(field, values.join(", "));
  }
  whole(field: string): number {
    const value = this.get(field);
    return typeof value === "number" ? value : this.missing(field, "number");
  }
  flag(field: string): boolean {
    const value = this.get(field);
    return typeof value === "boolean" ? value : this.missing(field, "boolean");
  }
  /** A moment, sent as ISO 8601. */
  date(field: string): Date {
    return this.optionalDate(field) ?? this.missing(field, "time");
  }
  optionalDate(field: string): Date | undefined {
    const text = this.optionalText(field);
    if (text === undefined) return undefined;
    const date = new Date(text);
    return Number.isNaN(date.getTime()) ? this.missing(field, "time") : date;
  }
  object(field: string): ReplyBody {
    const value = this.get(field);
    return typeof value === "object" && value !== null
      ? new ReplyBody(value, field)
      : this.missing(field, "object");
  }
  texts(field: string): readonly string[] {
    const value = this.get(field);
    const isTexts = Array.isArray(value) && value.every((each): each is string => typeof each === "string");
    return isTexts ? value : this.missing(field, "list of texts");
  }
  list(field: string): readonly ReplyBody[] {
    const value = this.get(field);
    if (!Array.isArray(value)) return this.missing(field, "list");
    return value.map((item: unknown, index) => new ReplyBody(item, `${field}[${index}]`));
  }
  optionalPart(field: string): ReplyBody | undefined {
    const value = this.get(field);
    return value === undefined ? undefined : new ReplyBody(value, field);
  }
  /** All fields. */
  fields(): Readonly<Record<string, unknown>> {
    const { value } = this;
    return typeof value === "object" && value !== null ? { ...value } : {};
  }

  private missing(field: string, what: string): never {
    throw new OutcomeUnknownError(
      `${this.path} has no ${what} in "${field}"; the server at the URL is no gateway of Heddle, or of another version`,
      { details: { field } },
    );
  }
}
