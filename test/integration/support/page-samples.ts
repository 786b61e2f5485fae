// The code samples of a documentation page: found, type-checked as modules of their own, and run.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Every ```typescript sample of a page in `test/pages`, in order. */
export function samplesOf(page: string): string[] {
  const text = readFileSync(`${repository}test/pages/${page}`, "utf8");
  return [...text.matchAll(/```typescript (?:partial )?(.*?) ?```/gs)].map(([, code]) =>
    withLineBreaks(code ?? ""),
  );
}

/**
 * The seed page is one long line, so a `//` comment would swallow the code behind it. Ends each comment where the next
 * statement begins; adds line breaks only, so the code is the page's own.
 */
export function withLineBreaks(code: string): string {
  return code.replaceAll(/\/\/ .*?(?= const | await |$)/gs, "$&\n");
}

/** Prepends the lines that a reader of the page has to imagine, without those whose name the sample declares itself. */
function withAmbient(sample: string, ambient: Readonly<Record<string, string>>): string {
  const lines = Object.entries(ambient).filter(([name]) => !declares(sample, name));
  return [...lines.map(([, line]) => line), sample, "export {};"].join("\n");
}

function declares(sample: string, name: string): boolean {
  return new RegExp(`\\b(?:const|interface) ${name}\\b`).test(sample);
}

/**
 * Problems that the compiler finds in the samples, each a module behind an import line and the declarations of the
 * names it takes from its surroundings (`ambient`, by name).
 */
export function compileSamples(
  samples: readonly string[],
  importLine: string,
  ambient: Readonly<Record<string, string>>,
): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    `${repository}test/tsconfig.json`,
    { noUnusedLocals: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  if (config === undefined) throw new Error("test/tsconfig.json cannot be read");
  const files = new Map(
    samples.map((sample, index) => [
      `${repository}test/integration/sample-${index + 1}.ts`,
      `${importLine}\n${withAmbient(sample, ambient)}`,
    ]),
  );
  const host = ts.createCompilerHost(config.options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
  };
  const program = ts.createProgram([...files.keys()], config.options, host);
  return [...files.keys()].flatMap((name) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      (problem) => `${name}: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`,
    );
  });
}

/** Runs a sample as it stands, types stripped, with `ambient` in scope; returns the constants named in `wanted`. */
export async function runSample(
  sample: string,
  ambient: Readonly<Record<string, unknown>>,
  wanted: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const code = ts.transpileModule(sample, { compilerOptions: options }).outputText;
  const scope = Object.entries(ambient).filter(([name]) => !declares(sample, name));
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- running text of the page is the purpose
  const run = Function(
    ...scope.map(([name]) => name),
    `return (async () => { ${code}\nreturn { ${wanted.join(", ")} }; })();`,
  ) as (...values: unknown[]) => Promise<Record<string, unknown>>;
  return run(...scope.map(([, value]) => value));
}
