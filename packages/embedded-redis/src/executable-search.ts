import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Where package managers put servers that a service's or an editor's short PATH does not name. */
export const USUAL_DIRECTORIES: readonly string[] = [
  "/usr/local/bin",
  "/usr/local/sbin",
  "/usr/bin",
  "/usr/sbin",
  "/opt/homebrew/bin",
  "/opt/homebrew/opt/redis/bin",
  "/opt/homebrew/opt/valkey/bin",
  "/opt/local/bin",
  "/home/linuxbrew/.linuxbrew/bin",
  "/snap/bin",
];

export function pathDirectories(environment: NodeJS.ProcessEnv): string[] {
  return (environment["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
}

/** Every executable file of that name, in the order of the directories. */
export async function findExecutables(name: string, directories: readonly string[]): Promise<string[]> {
  const fileName = process.platform === "win32" ? `${name}.exe` : name;
  const found: string[] = [];
  for (const directory of new Set(directories)) {
    const path = join(directory, fileName);
    if (await isExecutable(path)) found.push(path);
  }
  return found;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
