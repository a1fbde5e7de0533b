/** Checks what would be published: every export and the binary are in it, and nothing of tests or sources is. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from './setup.mjs';

const { exports, bin, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { stdout, status } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
});
if (status !== 0) fail('npm pack failed.');
const [packed] = [JSON.parse(stdout)].flat().flatMap((result) => (result.files ? [result] : Object.values(result)));
const files = new Set(packed.files.map((file) => file.path));
const wanted = [...Object.values(exports).flatMap(Object.values), ...Object.values(bin)].map((path) =>
  path.replace(/^\.\//, ''),
);
const missing = wanted.filter((path) => !files.has(path));
const odd = [...files].filter(
  (path) =>
    !/^(dist\/|deploy\/|docs\/(api|hosting|limits|sdk)\.md$|package\.json$|LICENSE$|README\.md$|CHANGELOG\.md$)/.test(
      path,
    ) || /^dist\/(bench|\.)/.test(path),
);
if (!/build/.test(scripts.prepack ?? ''))
  fail('npm publish would ship what happens to be in dist: prepack must build.');
if (missing.length > 0) fail(`Not in the package: ${missing.join(', ')}`);
if (odd.length > 0) fail(`Should not be in the package: ${odd.slice(0, 5).join(', ')}`);
// Sources are not shipped: maps must hold what they point to.
for (const path of files) {
  if (!path.endsWith('.map')) continue;
  const { sources, sourcesContent = [] } = JSON.parse(readFileSync(join(root, path), 'utf8'));
  const whole = sources.every((_, i) => typeof sourcesContent[i] === 'string');
  if (!whole) fail(`${path} points at sources that are not in the package.`);
}
for (const name of Object.keys(exports)) await import(`sotto${name.slice(1)}`);
console.log(`${files.size} files, ${wanted.length} entry points, all there`);
