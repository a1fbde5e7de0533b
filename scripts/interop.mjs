/**
 * `npm run interop -- --reference <folder> [--conversations 1] [--seed 1]`: tests our chat with the official terminal
 * app, on our server and on the reference's, followed by that many long random conversations on each. The folder
 * contains `bin/smp-server` and `bin/simplex-chat`; without it the tests are skipped.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, prepare, root } from './setup.mjs';
import { runWithTemporaryFolder } from './temporary.mjs';

const text = { type: 'string' };
let values;
try {
  ({ values } = parseArgs({ options: { reference: text, conversations: text, seed: text } }));
} catch (error) {
  fail(error.message);
}
const { conversations = '1', seed = '1' } = values;
for (const [name, value] of Object.entries({ conversations, seed })) {
  if (!/^\d{1,9}$/.test(value)) fail(`--${name} is a whole number, not ${value}`);
}
const reference = values.reference ?? process.env.SOTTO_REFERENCE;
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
const args = [resolve(reference), root, conversations, seed];
runWithTemporaryFolder([runner, 'test/interop/chat.ts', ...args], { cwd: root });
