/** A private server with data of its own. Port and url stay the same over kill and restart. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Of the present server process; a restart changes it. */
  readonly pid: number;
  /** A crash. Resolves when the server is gone; its data stay. */
  kill(): Promise<void>;
  /** Starts a server on the same port and data, after a polite stop of the present one if it still runs. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. Safe to repeat. */
  stop(): Promise<void>;
}
