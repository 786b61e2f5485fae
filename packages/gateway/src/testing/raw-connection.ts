import { connect, type Socket } from "node:net";

/** Sends bytes as they are and keeps what comes back: what no HTTP client lets one do. */
export class RawConnection {
  #received = "";
  readonly #socket: Socket;
  /** Everything that came back, once the other end has closed the connection. */
  readonly closed: Promise<string>;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (data) => (this.#received += data.toString("latin1")));
    this.#socket.on("error", () => undefined); // a reset after the answer
    this.closed = new Promise((resolve) => this.#socket.once("close", () => resolve(this.#received)));
  }

  get received(): string {
    return this.#received;
  }

  send(text: string): this {
    this.#socket.write(text, "latin1");
    return this;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
