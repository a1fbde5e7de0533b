/** `npm run bench [-- options]`: makes the checkout ready and prints the figures; see bench/main.ts for the options. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';
import { useTemporaryFolderUntilExit } from './temporary.mjs';

await prepare();
useTemporaryFolderUntilExit();
const { status } = spawnSync(process.execPath, [join(root, 'dist/bench/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
