import type { ArchivedCase, SectionRun } from "./report-archive.js";
import { figuresText, markdownTable } from "./report-table.js";
import type { CaseResult, Section } from "./section.js";

const INTRODUCTION = `# Benchmarks

This page is written by \`npm run bench\`; do not edit it. Its cases are kept, one JSON line each, in
[benchmarks.jsonl](benchmarks.jsonl).

**Only ratios travel between machines.** A rate says as much about the processor, the disk and the neighbours as about the
program. So each case has a baseline that was measured in the same run, in turn with the system, on the same server, and the
ratio of the two comes first. Run it on your machine before you compare it with figures from elsewhere.

| workload | what is done                                                                                      |
| -------- | ------------------------------------------------------------------------------------------------- |
| W1q      | start a workflow of three activities that do nothing, run by a worker over BullMQ; get the result |
| W1i      | start a workflow of three inline steps that do nothing; get the result                            |
| W2       | signal a workflow that is parked on the signal; get its result                                    |
| W3       | start-or-signal: half of the targets do not exist yet, half are open                              |
| W4       | workflows parked on a signal: memory of Redis and of the coordinator for each                     |
| W5       | kill -9 of the owner, or of a worker, under load: how long until work goes on                     |
| W6       | the cost of a step of one workflow, from the first to the ten-thousandth                          |
| W7       | timers that are due: how late they fire, and that none fires early                                |
| W8       | query of a parked workflow from another process                                                   |

How to read a table: **ratio** is the rate beside that of the program in column _beside_, unless the section says
otherwise; **in flight** is how many items run at once, each started when another ended (a _blast_ starts all at once);
**Node ms** and **Redis ms** are CPU time per item, of all Node processes together and of the server; **commands** are those that
Redis ran per item, also inside scripts; **fsync** is when Redis forces its append-only file to the disk. Lines without a
ratio are the baselines themselves.`;

/** The whole page, from the archive. Sections appear in the order of `sections`. */
export function benchmarksPage(sections: readonly Section[], archived: readonly ArchivedCase[]): string {
  const parts = sections.flatMap((section) => {
    const own = archived.filter(({ run }) => run.section === section.name);
    return own.length === 0 ? [] : [sectionPart(section, own)];
  });
  return `${[INTRODUCTION, ...parts].join("\n\n")}\n`;
}

function sectionPart(section: Section, own: readonly ArchivedCase[]): string {
  const durabilities = [...new Set(own.map(({ run }) => run.settings.durability))];
  const runs = durabilities.flatMap((durability) => {
    const cases = own.filter(({ run }) => run.settings.durability === durability);
    const run = cases[0]?.run;
    return run === undefined
      ? []
      : [
          runPart(
            run,
            cases.map(({ result }) => result),
          ),
        ];
  });
  return [`## ${section.title}`, section.about, ...runs].join("\n\n");
}

function runPart(run: SectionRun, results: readonly CaseResult[]): string {
  const figures = figureLines(results);
  return [
    provenance(run),
    markdownTable(results),
    ...(figures.length === 0 ? [] : ["Further figures:", figures.join("\n")]),
  ].join("\n\n");
}

/** A system that stands beside several baselines has a line for each; what it used is said in the first. */
function figureLines(results: readonly CaseResult[]): string[] {
  const told = new Map<string, CaseResult["figures"]>();
  return results.flatMap((result) => {
    const { baseline: _, ...own } = result;
    const earlier = told.get(caseName(own)) ?? {};
    told.set(caseName(own), result.figures ?? {});
    const news = Object.entries(result.figures ?? {}).filter(([name, figure]) => earlier[name] !== figure);
    const text = figuresText({ ...result, figures: Object.fromEntries(news) });
    return text === "" ? [] : [`- **${caseName(result)}:** ${text}`];
  });
}

function provenance({ date, commandLine, machine, versions, settings }: SectionRun): string {
  return [
    "```text",
    commandLine,
    `${date.slice(0, 16).replace("T", " ")} UTC, scale ${settings.scale}, median of ${settings.repetitions}`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
    "```",
  ].join("\n");
}

/** Tells a case from its neighbours. */
export function caseName({ workload, inFlight, durability, system, baseline }: CaseResult): string {
  const load = inFlight === undefined ? workload : `${workload}, ${inFlight} in flight`;
  return `${load}, fsync ${durability}, ${system}${baseline === undefined ? "" : ` beside ${baseline}`}`;
}
