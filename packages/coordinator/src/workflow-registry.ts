import { InvalidArgumentError } from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";

/** The workflows whose code a process has: by type, and by version within a type. */
export class WorkflowRegistry {
  private readonly byType = new Map<string, Map<string, AnyWorkflow>>();

  constructor(workflows: Iterable<AnyWorkflow> = []) {
    for (const workflow of workflows) this.register(workflow);
  }

  /** New runs get the version registered last. Throws `InvalidArgumentError` when it is registered already. */
  register(workflow: AnyWorkflow): void {
    const versions = this.byType.get(workflow.name) ?? new Map<string, AnyWorkflow>();
    if (versions.has(workflow.version) && versions.get(workflow.version) !== workflow) {
      throw new InvalidArgumentError(
        `workflow "${workflow.name}" version "${workflow.version}" is registered already; give changed code a new version`,
        { details: { type: workflow.name, version: workflow.version } },
      );
    }
    this.assertSameAttributeTypes(workflow);
    versions.set(workflow.version, workflow);
    this.byType.set(workflow.name, versions);
  }

  get types(): readonly string[] {
    return [...this.byType.keys()].sort();
  }

  has(type: string): boolean {
    return this.byType.has(type);
  }

  /** Code for a run: exactly its version, or the newest for a run that no code has moved yet. */
  find(type: string, version: string | undefined): AnyWorkflow | undefined {
    const versions = this.byType.get(type);
    return version === undefined ? [...(versions?.values() ?? [])].at(-1) : versions?.get(version);
  }

  /** One filter finds the runs of all types, so a name means one type of value. */
  private assertSameAttributeTypes(workflow: AnyWorkflow): void {
    const others = [...this.byType.values()].flatMap((versions) => [...versions.values()]);
    for (const [name, type] of Object.entries(workflow.attributeTypes)) {
      const other = others.find(
        ({ attributeTypes }) => Object.hasOwn(attributeTypes, name) && attributeTypes[name] !== type,
      );
      if (other === undefined) continue;
      throw new InvalidArgumentError(
        `workflow "${workflow.name}" declares the search attribute "${name}" as ${type}, ` +
          `workflow "${other.name}" as ${other.attributeTypes[name] ?? ""}; give one of them another name`,
        { details: { type: workflow.name, attribute: name } },
      );
    }
  }

  /** Why there is no code for a run, for people. */
  explainMissing(type: string, version: string | undefined): string {
    const versions = this.byType.get(type);
    if (versions === undefined) return `no coordinator here has workflow type "${type}"`;
    return `no coordinator here has version "${version ?? ""}" of workflow type "${type}" (it has ${[...versions.keys()].join(", ")})`;
  }
}
