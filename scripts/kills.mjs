/** `npm run kills`: the long form of the kill tests: 20 kills among 300 messages each way, and 50 of a server under load. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--project', 'process', 'test/process/kills.test.ts', 'test/process/server-kills.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { SOTTO_KILLS: '20', SOTTO_MESSAGES: '300', SOTTO_SERVER_KILLS: '50', ...process.env },
  },
);
process.exit(status ?? 1);
