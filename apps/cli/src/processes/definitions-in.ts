import { ConfigurationError } from "@heddle/protocol";
import { loadActivities, loadWorkflows } from "@heddle/service-process";

/**
 * Which of the modules export workflows and which activities. Throws `ConfigurationError` for one that cannot be
 * imported, for one that exports neither, and when there are modules and none exports a workflow.
 */
export async function definitionsIn(
  modules: readonly string[],
  from: string,
): Promise<{ readonly workflows: readonly string[]; readonly activities: readonly string[] }> {
  const workflows: string[] = [];
  const activities: string[] = [];
  for (const specifier of modules) {
    const named = { specifiers: [specifier], from, variable: "dev" };
    const problems: ConfigurationError[] = [];
    for (const { load, found } of [
      { load: loadWorkflows, found: workflows },
      { load: loadActivities, found: activities },
    ]) {
      try {
        await load(named);
        found.push(specifier);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        problems.push(error);
      }
    }
    const [problem] = problems;
    // What cannot be imported fails both ways, for the same reason.
    if (problem !== undefined && problems.length === 2) throw problem;
  }
  if (modules.length > 0 && workflows.length === 0) {
    throw new ConfigurationError("none of the modules exports a workflow; export what workflow() returns");
  }
  return { workflows, activities };
}
