// The two commands that tell a started server from a starting one, spoken without a client library.
import { createConnection } from "node:net";

export type ProbeAnswer =
  | { readonly state: "ready"; readonly workingFolder: string }
  /** The append-only file is being read. */
  | { readonly state: "loading" }
  | { readonly state: "unreachable" }
  | { readonly state: "refused"; readonly reply: string };

const REQUEST = "PING\r\nCONFIG GET dir\r\n";
const READY = /^\+PONG\r\n\*2\r\n\$3\r\ndir\r\n\$\d+\r\n([^\r\n]*)\r\n$/;

/** Asks once. The working folder tells our server from a stranger that took the port first. */
export function probeServer(port: number, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    let reply = "";
    const answer = (result: ProbeAnswer): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setEncoding("utf8");
    socket.setTimeout(timeoutMs, () => answer({ state: "unreachable" }));
    socket.once("connect", () => socket.write(REQUEST));
    socket.once("error", () => answer({ state: "unreachable" }));
    socket.once("close", () => answer({ state: "unreachable" }));
    socket.on("data", (text: string) => {
      reply += text;
      const workingFolder = READY.exec(reply)?.[1];
      if (workingFolder !== undefined) answer({ state: "ready", workingFolder });
      else if (reply.startsWith("-LOADING")) answer({ state: "loading" });
      else if (reply.startsWith("-") && reply.endsWith("\r\n"))
        answer({ state: "refused", reply: reply.trim() });
    });
  });
}
