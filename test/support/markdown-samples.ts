import { readFileSync } from "node:fs";

export interface MarkdownSample {
  readonly file: string;
  /** Line of the page at which the code begins. */
  readonly line: number;
  readonly code: string;
}

/** The code blocks of a page that say they can be run: fences with the info string `ts run`. */
export function runnableSamples(file: string): MarkdownSample[] {
  const samples: MarkdownSample[] = [];
  const lines = readFileSync(file, "utf8").split("\n");
  let begin: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "```ts run") begin = index + 1;
    else if (begin !== undefined && line.trim() === "```") {
      samples.push({ file, line: begin + 1, code: lines.slice(begin, index).join("\n") });
      begin = undefined;
    }
  }
  return samples;
}
