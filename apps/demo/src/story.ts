import { styleText } from "node:util";

type Style = "bold" | "dim" | "green" | "red";

/** Prints what happens, one line each, with the seconds since the start. Colours only where a person looks. */
export class Story {
  readonly #startedAt = performance.now();
  readonly #hasColours = process.stdout.isTTY && !process.env["NO_COLOR"];

  get seconds(): string {
    return ((performance.now() - this.#startedAt) / 1_000).toFixed(1);
  }

  title(text: string): void {
    console.log(`\n${this.#styled("bold", text)}\n`);
  }
  /** `what` in a column of its own, so that the story can be read down the left side. */
  tell(what: string, details = "", style: Style = "bold"): void {
    const time = this.#styled("dim", `${this.seconds.padStart(5)} s`);
    console.log(`${time}  ${this.#styled(style, what.padEnd(24))} ${details}`.trimEnd());
  }
  more(details: string): void {
    console.log(`${" ".repeat(34)}${details}`);
  }
  end(style: "green" | "red", text: string): void {
    console.log(`\n${this.#styled(style, text)}\n`);
  }

  #styled(style: Style, text: string): string {
    return this.#hasColours ? styleText(style, text) : text;
  }
}
