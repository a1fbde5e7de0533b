/** `npm run bench [-- options]`: builds what is stale and prints the figures; see bench/main.ts for the options. */

import { join } from 'node:path';
import { prepare, root } from './setup.mjs';
import { runWithTemporaryFolder } from './temporary.mjs';

await prepare();
runWithTemporaryFolder([join(root, 'dist/bench/main.js'), ...process.argv.slice(2)], {});
