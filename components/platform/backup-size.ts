/** What a backup's job may use, and what is set aside for it. restic took 110Mi for a small repository. */
export const backupSize = { cpu: "1", memory: "512Mi", reserved: { cpu: "10m", memory: "128Mi" } } as const;
