/** A server program on this machine. */
export interface RedisExecutable {
  readonly kind: "executable";
  readonly source: "HEDDLE_REDIS_BINARY" | "system" | "user cache" | "Debian package";
  readonly path: string;
  readonly version: string;
  /** Folders of the shared libraries that came with the program, joined as LD_LIBRARY_PATH wants them. */
  readonly libraryPath?: string;
}

/** A container engine that answers; the server comes from a pinned image. */
export interface RedisContainer {
  readonly kind: "container";
  readonly source: "container engine";
  readonly path: string;
  readonly image: string;
}

export type LocatedRedis = RedisExecutable | RedisContainer;

/** What one place to look in has to say. */
export type SearchOutcome =
  | { readonly outcome: "found"; readonly redis: LocatedRedis }
  | { readonly outcome: "not_found"; readonly tried: string };

export interface LocateOptions {
  /** Told once, before anything is downloaded. */
  readonly announce?: ((message: string) => void) | undefined;
  /** `false` forbids every download, as HEDDLE_NO_DOWNLOAD=1 does. */
  readonly download?: boolean | undefined;
  /** Default: the environment of this process. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Searched after PATH. Default: the folders package managers install into. */
  readonly usualDirectories?: readonly string[] | undefined;
}

/** The options of a search with every default filled in. */
export interface SearchContext {
  readonly announce: (message: string) => void;
  readonly isDownloadAllowed: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly usualDirectories: readonly string[];
}
