import { defineConfig } from 'vitest/config';

// One browser at a time: fluid measures how long the page's tasks take.
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    // Far beyond what it takes: a busy machine is no fault of the page.
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
});
