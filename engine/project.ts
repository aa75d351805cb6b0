/** A Pulumi project, and where its stacks have their files. */
export interface Project {
  /** Folder with the Pulumi.yaml. */
  readonly root: string;
  /** Folder with each stack's `Pulumi.<stack>.yaml`: a team's own repository, say. @default root */
  readonly stackFiles?: string;
}
