/**
 * `npm run verify:nodes [-- 20 22 24 suite…]`: the whole suite, or the named ones, under each supported line of Node, or the
 * named ones. They come from the npm registry (the package `node`), into a folder that is gone afterwards; what is
 * installed here is not touched.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { prepare, root } from './setup.mjs';

/** One of each line: pinned, so that a run can be repeated. */
const versions = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };

const asked = process.argv.slice(2);
const isLine = (word) => /^\d+$/.test(word);
const lines = asked.filter(isLine);
const suites = asked.filter((word) => !isLine(word));
const unknown = lines.filter((line) => !(line in versions));
if (unknown.length > 0) {
  console.error(`There is no Node ${unknown.join(', ')} to run with: there are ${Object.keys(versions).join(', ')}.`);
  process.exit(2);
}

await prepare();
const folder = mkdtempSync(join(tmpdir(), 'sotto-nodes-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Installs a version and gives the path of its program. */
function install(version) {
  const prefix = join(folder, version);
  const args = ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  spawnSync('npm', [...args, `node@${version}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const home = join(prefix, 'node_modules', 'node');
  const program = join(home, 'bin', 'node');
  // Where npm runs no scripts of packages, this one fetches the program for this machine all the same.
  if (!existsSync(program)) {
    spawnSync(process.execPath, ['installArchSpecificPackage'], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return existsSync(program) ? program : undefined;
}

function runs(program, version) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return stdout?.trim() === `v${version}`;
}

const results = {};
for (const line of lines.length > 0 ? lines : Object.keys(versions)) {
  const version = versions[line];
  console.log(`\n▸ Node ${version}`);
  const program = install(version);
  if (program === undefined || !runs(program, version)) {
    results[version] = 'cannot be installed: is the npm registry reachable?';
    continue;
  }
  const { status } = spawnSync(program, [join(root, 'scripts', 'test.mjs'), ...suites], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Programs that tests start by name are of the same line.
    env: { ...process.env, PATH: `${dirname(program)}${delimiter}${process.env.PATH}` },
  });
  results[version] = status === 0 ? 'passed' : 'FAILED';
}
console.log();
for (const [version, result] of Object.entries(results)) console.log(`Node ${version}: ${result}`);
process.exit(Object.values(results).every((result) => result === 'passed') ? 0 : 1);
