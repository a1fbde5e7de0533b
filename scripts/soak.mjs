/**
 * `npm run soak -- --minutes N [--seed S]`: real programs under load and faults for as long as that.
 * `npm run soak:server` is the same for servers alone, under more load.
 */
import { join } from 'node:path';
import { markRunning, prepare, root } from './setup.mjs';
import { runWithTemporaryFolder } from './temporary.mjs';

const [servers, ...rest] = process.argv.slice(2);
const isServers = servers === '--servers';
const main = `test/soak/${isServers ? 'servers' : 'main'}.ts`;

await prepare();
markRunning();
runWithTemporaryFolder(
  [join(root, 'node_modules', 'vite-node', 'vite-node.mjs'), main, ...(isServers ? rest : process.argv.slice(2))],
  // Programs are paused for seconds on purpose.
  { cwd: root, env: { SOTTO_PATIENCE_MS: process.env.SOTTO_PATIENCE_MS ?? '240000' } },
);
