import { defineConfig } from 'vitest/config';

const suite = (name: string, include: string[], testTimeout: number, env: Record<string, string> = {}) => ({
  extends: true as const,
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    pool: 'forks' as const,
    env,
    globalSetup: ['test/harness/temporary-run.ts'],
  },
});

export default defineConfig({
  test: {
    projects: [
      suite('unit', ['test/{unit,property,conformance,fuzz}/**/*.test.ts'], 30_000),
      // What clients see of a server, once more with its sessions apart from its store.
      suite('workers', ['test/unit/smp/{server,notifications,links,statistics,relay,proxy}.test.ts'], 30_000, {
        SOTTO_TEST_SESSIONS: 'worker',
      }),
      suite('scenario', ['test/{scenario,simulation}/**/*.test.ts'], 30_000),
      suite('process', ['test/process/**/*.test.ts', 'test/interop/**/*.test.ts'], 200_000),
    ],
  },
});
