import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files in the order of their paths, every time. */
export class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
  }
}
