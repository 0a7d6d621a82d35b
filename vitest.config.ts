import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-server.ts'],
    // Files are hashed and processes started: the default of 5 s is too short on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
