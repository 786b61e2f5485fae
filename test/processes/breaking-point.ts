import { setting } from "./setting.js";

/**
 * Sends this process a signal of the kernel's at the n-th time (`BREAK_ON`) that it passes the point `BREAK_AT`:
 * SIGKILL, or SIGSTOP when `BREAK_BY` says so. Both act before the call returns.
 */
export function breakingPoint(): (point: string) => void {
  const wanted = process.env["BREAK_AT"];
  if (wanted === undefined) return () => undefined;
  const signal = (process.env["BREAK_BY"] ?? "SIGKILL") as NodeJS.Signals;
  let left = Number(setting("BREAK_ON"));
  return (point) => {
    if (point !== wanted || --left !== 0) return;
    console.log(`breaking at ${point}`);
    process.kill(process.pid, signal);
  };
}
