/**
 * `npm run interop -- --reference <folder>`: our chat against the official terminal app, both on our server and on the
 * reference's. The folder holds `bin/smp-server` and `bin/simplex-chat`; without it there is nothing to test against.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, prepare, root } from './setup.mjs';
import { runWithTemporaryFolder } from './temporary.mjs';

let given;
try {
  given = parseArgs({ options: { reference: { type: 'string' } } }).values.reference;
} catch (error) {
  fail(error.message);
}
const reference = given ?? process.env.SOTTO_REFERENCE;
if (reference === undefined) {
  console.log('SKIPPED: no reference programs were given, so nothing was tested (--reference <folder>).');
  process.exit(0);
}
for (const program of ['smp-server', 'simplex-chat']) {
  const path = join(resolve(reference), 'bin', program);
  if (!existsSync(path)) fail(`There is no ${path}: the reference folder has bin/smp-server and bin/simplex-chat.`);
}

await prepare();
const runner = join(root, 'node_modules', 'vite-node', 'vite-node.mjs');
runWithTemporaryFolder([runner, 'test/interop/chat.ts', resolve(reference), root], { cwd: root });
