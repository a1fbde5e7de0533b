/** `npm run verify`: all that must hold before a change is done. Stops at the first that does not. */
import { spawnSync } from 'node:child_process';
import { prepare, root } from './setup.mjs';

await prepare();

const steps = [
  ['format and lint', 'npx', ['--no-install', 'biome', 'ci', '--error-on-warnings', '.']],
  ['types, and imports between layers', 'npx', ['--no-install', 'tsc', '-b']],
  ['types of the tests', 'npx', ['--no-install', 'tsc', '-p', 'test']],
  ['unused files, exports and dependencies', 'npx', ['--no-install', 'knip']],
  ['the published package', process.execPath, ['scripts/check-package.mjs']],
  ['tests', 'npm', ['test']],
];
// The tests come last, and so does the line that counts them.
for (const [what, command, args] of steps) {
  console.log(`\n▸ ${what}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`\nverify stopped: ${what}`);
    process.exit(1);
  }
}
