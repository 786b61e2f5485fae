// `npm run bench`: the workloads of the page "performance" beside baselines of the same run. `--help` says what can be asked.
import { writeFileSync } from "node:fs";
import { jsonLine, ReportArchive } from "./report-archive.js";
import { readEnvironment } from "./report-environment.js";
import { benchmarksPage, caseName } from "./report-page.js";
import { figuresText, textTable } from "./report-table.js";
import type { CaseResult, Section } from "./section.js";
import { clusterSection } from "./sections/cluster.js";
import { conductorSection } from "./sections/conductor.js";
import { depthSection } from "./sections/depth.js";
import { gatewaySection } from "./sections/gateway.js";
import { leakSection } from "./sections/leak.js";
import { memorySection } from "./sections/memory.js";
import { parkedSection } from "./sections/parked.js";
import { querySection } from "./sections/query.js";
import { recoverySection } from "./sections/recovery.js";
import { scaleSection } from "./sections/scale.js";
import { throughputSection } from "./sections/throughput.js";
import { timersSection } from "./sections/timers.js";
import { parseInvocation, USAGE, type Invocation } from "./settings.js";

const SECTIONS: readonly Section[] = [
  throughputSection,
  gatewaySection,
  parkedSection,
  recoverySection,
  depthSection,
  timersSection,
  querySection,
  conductorSection,
  scaleSection,
  clusterSection,
  memorySection,
  leakSection,
];

/** Too long to run unless they are named. */
const LONG_SECTIONS = ["memory", "leak"];

const DOCS = new URL("../../docs/", import.meta.url);

/** What is asked for, or `undefined` when the help is, or nothing that exists. */
function readRequest(): { invocation: Invocation; sections: readonly Section[] } | undefined {
  try {
    const invocation = parseInvocation(process.argv.slice(2));
    if (invocation !== undefined) return { invocation, sections: chosen(invocation.names) };
    console.log(`${USAGE}\n\nSections:`);
    for (const { name, title } of SECTIONS) {
      console.log(`  ${name.padEnd(12)} ${title}${LONG_SECTIONS.includes(name) ? " (only when named)" : ""}`);
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
  }
  return undefined;
}

function chosen(names: readonly string[]): readonly Section[] {
  if (names.length === 0) return SECTIONS.filter(({ name }) => !LONG_SECTIONS.includes(name));
  return names.map((name) => {
    const section = SECTIONS.find((each) => each.name === name);
    if (section !== undefined) return section;
    throw new Error(`there is no section ${name}; there are ${SECTIONS.map((each) => each.name).join(", ")}`);
  });
}

async function runSections(invocation: Invocation, sections: readonly Section[]): Promise<void> {
  const archive = new ReportArchive(new URL("benchmarks.jsonl", DOCS));
  const environment = await readEnvironment();
  const { commandLine, writesDocs } = invocation;
  for (const section of sections) {
    for (const settings of invocation.settings) {
      console.log(`\n== ${section.title} (${section.name}) ==`);
      try {
        const results = await section.run(settings, (line) => console.log(`   ${line}`));
        print(section, results);
        if (!writesDocs) continue;
        const date = new Date().toISOString();
        archive.replace({ section: section.name, date, commandLine, settings, ...environment }, results);
        writeFileSync(new URL("benchmarks.md", DOCS), benchmarksPage(SECTIONS, archive.read()));
      } catch (error) {
        // What the other sections measure is worth having.
        console.error(`section ${section.name} failed:`, error);
        process.exitCode = 1;
      }
    }
  }
}

/** A JSON line per case for programs, then a table for people. */
function print(section: Section, results: readonly CaseResult[]): void {
  for (const result of results) console.log(jsonLine({ section: section.name, ...result }));
  console.log(`\n${textTable(results)}`);
  // A case without a rate says what it found in its figures.
  for (const result of results) {
    if (result.perSecond === undefined) console.log(`${caseName(result)}: ${figuresText(result)}`);
  }
}

const request = readRequest();
if (request !== undefined) await runSections(request.invocation, request.sections);
