/** No usable Redis was found and none could be provided. The message lists each attempt and the command that installs one. */
export class RedisUnavailableError extends Error {
  readonly code = "redis_unavailable";
  readonly tried: readonly string[];

  constructor(tried: readonly string[], installCommand: string) {
    const attempts = tried.map((attempt) => `  - ${attempt}`).join("\n");
    super(`No Redis server is available. Tried, in this order:\n${attempts}\nTo go on: ${installCommand}`);
    this.name = "RedisUnavailableError";
    this.tried = tried;
  }
}

/** The data folder belongs to another live process; two servers on one append-only file would destroy it. */
export class DataFolderInUseError extends Error {
  readonly code = "data_folder_in_use";
  readonly dataDir: string;
  readonly ownerPid: number;

  constructor(dataDir: string, ownerPid: number) {
    super(
      `The Redis data folder ${dataDir} is in use by process ${ownerPid}. ` +
        `Stop that process, choose another dataDir, or connect both processes to one server with REDIS_URL.`,
    );
    this.name = "DataFolderInUseError";
    this.dataDir = dataDir;
    this.ownerPid = ownerPid;
  }
}

/** A Redis was found, but the server ended or stayed silent instead of answering. The message holds the end of its log. */
export class RedisStartError extends Error {
  readonly code = "redis_start_failed";
  readonly log: string;

  constructor(reason: string, log: string) {
    super(`The embedded Redis did not start: ${reason}\n${log}`.trimEnd());
    this.name = "RedisStartError";
    this.log = log;
  }
}
