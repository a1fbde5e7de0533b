import { defineConfig } from 'vitest/config';

interface Options {
  readonly env?: Record<string, string>;
  /** Each test file in a process of its own; otherwise files share processes, and the modules that they load. */
  readonly isolate?: boolean;
}

const suite = (name: string, include: string[], testTimeout: number, { env = {}, isolate = true }: Options = {}) => ({
  extends: true as const,
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    pool: 'forks' as const,
    poolOptions: { forks: { isolate } },
    env,
    globalSetup: ['test/harness/temporary-run.ts'],
  },
});

export default defineConfig({
  test: {
    projects: [
      suite('unit', ['test/{unit,property,conformance,fuzz}/**/*.test.ts'], 30_000, { isolate: false }),
      // What clients see of a server, once more with its sessions apart from its store.
      suite('workers', ['test/unit/smp/{server,notifications,links,statistics,relay,proxy}.test.ts'], 30_000, {
        env: { SOTTO_TEST_SESSIONS: 'worker' },
      }),
      suite('scenario', ['test/{scenario,simulation}/**/*.test.ts'], 30_000),
      suite('process', ['test/process/**/*.test.ts', 'test/interop/**/*.test.ts'], 200_000),
    ],
  },
});
