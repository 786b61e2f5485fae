// Makes a fresh checkout runnable: installs what package-lock.json says and, with --build, builds
// every package. Does nothing, quickly, when that is already so. Uses Node's built-in modules only,
// because it runs before anything is installed.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const noticeAfterMs = 2_000;

const environment = {
  ...process.env,
  // npm and turbo keep caches and settings below HOME.
  HOME: process.env["HOME"] || join(root, ".heddle/home"),
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
};

/** The entries of a lock file by path, or null when there is no readable lock file. */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch {
    return null;
  }
}

/** Compares contents and not dates: git gives every file of a checkout a new date. */
function isInstalled() {
  const wanted = lockedPackages("package-lock.json");
  const installed = lockedPackages("node_modules/.package-lock.json");
  if (wanted === null || installed === null) return false;
  const sameEntry = (path) =>
    installed[path]?.version === wanted[path].version &&
    installed[path]?.resolved === wanted[path].resolved &&
    installed[path]?.integrity === wanted[path].integrity &&
    existsSync(join(root, path));
  return (
    Object.keys(installed).every((path) => path in wanted) &&
    Object.keys(wanted).every((path) => {
      // The root itself is never in the installed list; an optional package of another platform need not be.
      if (path === "") return true;
      const isOptional = wanted[path].optional === true || wanted[path].devOptional === true;
      return isOptional && !(path in installed) ? true : sameEntry(path);
    })
  );
}

function install() {
  console.error("Installing dependencies (npm ci) ...");
  const { status, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    env: environment,
    // What a script prints belongs to it alone, so everything from here goes to stderr.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (error) throw error;
  if (status !== 0) stop("npm ci failed; see above.");
}

async function build() {
  const turbo = join(root, "node_modules/turbo/bin/turbo");
  const child = spawn(
    process.execPath,
    [turbo, "run", "build", "--output-logs=errors-only", "--ui=stream", "--no-color"],
    { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] },
  );
  const output = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  const notice = setTimeout(() => console.error("Building the packages ..."), noticeAfterMs);
  const status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(notice);
  if (status === 0) return;
  process.stderr.write(Buffer.concat(output));
  stop("The build failed; see above.");
}

function stop(message) {
  console.error(message);
  process.exit(1);
}

if (!isInstalled()) install();
if (process.argv.includes("--build")) await build();
