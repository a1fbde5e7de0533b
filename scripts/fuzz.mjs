/**
 * `npm run fuzz`: the long form of the fuzz tests: a million random inputs to each decoder, a thousand handshakes and
 * ten thousand blocks to a server, with a new seed each time. Takes about half an hour.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const seed = String(Date.now() % 1_000_000_007);
console.log(`seed ${seed}: to repeat it, SOTTO_SEED=${seed} npm run fuzz`);
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/process/fuzz.test.ts', 'test/fuzz'], {
  cwd: root,
  stdio: 'inherit',
  env: {
    SOTTO_FUZZ: '1000000',
    SOTTO_HANDSHAKES: '1000',
    SOTTO_BLOCKS: '10000',
    SOTTO_SEED: seed,
    ...process.env,
  },
});
process.exit(status ?? 1);
