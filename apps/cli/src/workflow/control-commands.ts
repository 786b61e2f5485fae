import type { WorkflowHandle } from "@heddle/client";
import type { Command } from "commander";
import { clientOf } from "../options.js";
import { print } from "../output.js";

export function addControlCommands(workflow: Command): void {
  addStop(workflow, {
    verb: "cancel",
    description: "ask the code to stop; it may clean up",
    done: "cancellation requested",
    act: (handle, options) => handle.cancel(options),
  });
  addStop(workflow, {
    verb: "terminate",
    description: "close it at once; its code does not run any more",
    done: "terminated",
    act: (handle, options) => handle.terminate(options),
  });
  addHold(workflow, {
    verb: "suspend",
    description: "hold the code back; signals and timers are kept",
    done: "suspended",
    act: (handle) => handle.suspend(),
  });
  addHold(workflow, {
    verb: "resume",
    description: "let a suspended workflow go on",
    done: "resumed",
    act: (handle) => handle.resume(),
  });
}

interface Control {
  readonly verb: string;
  readonly description: string;
  readonly done: string;
  readonly act: (handle: WorkflowHandle, options: { reason?: string }) => Promise<void>;
}

function addStop(workflow: Command, control: Control): void {
  addHold(workflow, control).option("--reason <text>", "kept in the history");
}

function addHold(workflow: Command, { verb, description, done, act }: Control): Command {
  return workflow
    .command(`${verb} <id>`)
    .description(description)
    .action(async (id: string, flags: { reason?: string }, command: Command) => {
      await act(clientOf(command).getHandle(id), flags);
      print(command, { json: { id }, text: `${id}: ${done}` });
    });
}
