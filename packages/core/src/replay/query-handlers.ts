/** The query handlers that the code registered. Later registrations of a name replace earlier ones. */
export class QueryHandlers {
  private readonly handlers = new Map<string, (input: unknown) => unknown>();

  get names(): readonly string[] {
    return [...this.handlers.keys()].sort();
  }

  register(name: string, handler: (input: unknown) => unknown): void {
    this.handlers.set(name, handler);
  }

  ask(name: string, input: unknown): { readonly answer: unknown } | undefined {
    const handler = this.handlers.get(name);
    return handler === undefined ? undefined : { answer: handler(input) };
  }
}
