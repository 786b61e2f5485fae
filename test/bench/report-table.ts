import type { CaseResult } from "./section.js";

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
  text(result: CaseResult): string;
}

const words = (title: string, text: (result: CaseResult) => string | undefined): Column => ({
  title,
  isNumber: false,
  text: (result) => text(result) ?? "",
});
const numbers = (title: string, value: (result: CaseResult) => number | undefined): Column => ({
  title,
  isNumber: true,
  text: (result) => numberText(value(result)),
});

/** Ratio first: it is what a reader compares. */
const COLUMNS: readonly Column[] = [
  { title: "ratio", isNumber: true, text: ({ ratio }) => ratio?.toFixed(2) ?? "" },
  words("target", ({ target }) => target),
  words("met", ({ met }) => (met === undefined ? undefined : met ? "yes" : "no")),
  words("workload", ({ workload }) => workload),
  numbers("in flight", ({ inFlight }) => inFlight),
  words("fsync", ({ durability }) => durability),
  words("system", ({ system }) => system),
  words("beside", ({ baseline }) => baseline),
  numbers("per s", ({ perSecond }) => perSecond),
  numbers("beside per s", ({ baselinePerSecond }) => baselinePerSecond),
  numbers("p50 ms", ({ p50Ms }) => p50Ms),
  numbers("p99 ms", ({ p99Ms }) => p99Ms),
  numbers("Node ms", ({ cpuMsPerItem }) => cpuMsPerItem),
  numbers("Redis ms", ({ redisCpuMsPerItem }) => redisCpuMsPerItem),
  numbers("commands", ({ commandsPerItem }) => commandsPerItem),
  numbers("bytes parked", ({ bytesPerParked }) => bytesPerParked),
  numbers("items", ({ n }) => n),
];

/** Columns in which no case says anything are left out. */
export function textTable(results: readonly CaseResult[]): string {
  return cells(results)
    .map(({ row }) => row.join("  ").trimEnd())
    .join("\n");
}

/** Aligned as the formatter of this repository aligns tables. */
export function markdownTable(results: readonly CaseResult[]): string {
  const [head, ...body] = cells(results);
  if (head === undefined) return "";
  const rule = head.row.map((cell, column) =>
    head.columns[column]?.isNumber === true
      ? `${"-".repeat(cell.length - 1)}:`
      : "-".repeat(Math.max(3, cell.length)),
  );
  return [head.row, rule, ...body.map(({ row }) => row)].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The padded cells of the head and of each case. */
function cells(results: readonly CaseResult[]): { columns: Column[]; row: string[] }[] {
  const columns = COLUMNS.filter(({ text }) => results.some((result) => text(result) !== ""));
  const rows = [
    columns.map(({ title }) => title),
    ...results.map((result) => columns.map(({ text }) => text(result))),
  ];
  const widths = columns.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => ({
    columns,
    row: row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return columns[column]?.isNumber === true ? cell.padStart(width) : cell.padEnd(width);
    }),
  }));
}

/** What a case found besides the columns: "coordinatorCpuMsPerItem 0.12, …". */
export function figuresText({ figures = {} }: CaseResult): string {
  return Object.entries(figures)
    .map(([name, figure]) => `${name} ${typeof figure === "number" ? numberText(figure) : figure}`)
    .join(", ");
}

/** Three significant digits below 1,000 are more than repeated runs agree on. */
function numberText(value: number | undefined): string {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}
