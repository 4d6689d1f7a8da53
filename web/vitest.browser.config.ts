import { defineConfig } from 'vitest/config';

// One browser at a time: the tests measure how long the page's tasks take.
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
