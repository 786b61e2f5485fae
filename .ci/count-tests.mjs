// Prints `N passed, N failed` from vitest's JSON report. Arguments: the report, the exit status of the run.
// A run that failed, or that left no report, never counts as "0 failed". Exits with 1 unless all passed.

import { readFileSync } from "node:fs";

const [file, status] = process.argv.slice(2);

function readReport() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  }
}

const report = readReport();
const succeeded = status === "0" && report.numPassedTests > 0;
// A file that could not be loaded has failed without any failed test in it.
const brokenFiles = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((test) => test.status === "failed"),
).length;
const counted = report.numFailedTests + brokenFiles;
const failed = succeeded ? counted : Math.max(counted, 1);

console.log(`\n${report.numPassedTests} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
