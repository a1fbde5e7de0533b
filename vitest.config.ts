import { defineConfig } from 'vitest/config';

const suite = (name: string, include: string[], testTimeout: number) => ({
  extends: true as const,
  test: { name, include, testTimeout, hookTimeout: testTimeout, pool: 'forks' as const },
});

export default defineConfig({
  test: {
    projects: [
      suite('unit', ['test/{unit,property,conformance,fuzz}/**/*.test.ts'], 30_000),
      suite('scenario', ['test/{scenario,simulation}/**/*.test.ts'], 30_000),
      suite('process', ['test/process/**/*.test.ts', 'test/interop/**/*.test.ts'], 200_000),
    ],
  },
});
