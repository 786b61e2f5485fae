import { Command } from "commander";
import { addDeadLetterCommands } from "./dead-letter/dead-letter-commands.js";
import { addActivityCommands } from "./activity/activity-commands.js";
import { addDoctorCommand } from "./doctor/doctor-command.js";
import { addCommonOptions } from "./options.js";
import { addDevCommand } from "./processes/dev-command.js";
import { addServiceCommands } from "./processes/service-commands.js";
import { addAttributeCommands } from "./workflow/attribute-commands.js";
import { addScheduleCommands } from "./schedule/schedule-commands.js";
import { addQueueCommands } from "./queue/queue-commands.js";
import { addControlCommands } from "./workflow/control-commands.js";
import { addLiveCommands } from "./workflow/live-commands.js";
import { addLookCommands } from "./workflow/look-commands.js";
import { addMessageCommands } from "./workflow/message-commands.js";
import { addRepairCommands } from "./workflow/repair-commands.js";
import { addStartCommands } from "./workflow/start-commands.js";

/** All commands. Errors are thrown, not printed; nothing ends the process. */
export function createProgram(): Command {
  const program = new Command("heddle")
    .description("Durable workflows on Redis")
    .version("0.0.0")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(add --help for what it takes)")
    .exitOverride();
  addCommonOptions(program);
  addDevCommand(program);
  addServiceCommands(program);
  const workflow = program.command("workflow").alias("wf").description("work with workflows, over HTTP");
  addStartCommands(workflow);
  addMessageCommands(workflow);
  addLookCommands(workflow);
  addLiveCommands(workflow);
  addControlCommands(workflow);
  addRepairCommands(workflow);
  addAttributeCommands(workflow);
  addDeadLetterCommands(program);
  addScheduleCommands(program);
  addActivityCommands(program);
  addQueueCommands(program);
  addDoctorCommand(program);
  return program;
}
