import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-server.ts'],
    // Much of the time is waiting for processes: on two processors, vitest by itself would use one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Files are hashed and processes started: the default of 5 s is too short on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
