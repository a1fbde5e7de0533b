/**
 * Makes a checkout ready to run, with nothing but Node: installs packages when they differ from package-lock.json,
 * compiles, and bundles the program `sotto`. Programs run from the bundle, which is not replaced while one does.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './installed.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = 20;
const dist = join(root, 'dist');
const bundleFolder = join(dist, 'apps', 'sotto');
/** Modified when the last complete bundle was begun. */
const bundleStamp = join(dist, '.bundled');
const runningFolder = join(root, 'dist', '.running');

/** Ends the program with a sentence for a person. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(2);
}

function run(command, args, sentence) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined || status !== 0) fail(sentence);
}

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** One at a time across processes: the others wait. A lock whose owner is gone is taken over. */
async function withLock(name, section) {
  const path = join(root, `.${name}.lock`);
  for (;;) {
    try {
      const file = openSync(path, 'wx');
      writeFileSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(read(path));
      if (owner > 0 && !isAlive(owner)) rmSync(path, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    await section();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Whether files that the bundle is made of are newer than it. */
function isBundleStale() {
  if (!existsSync(bundleStamp)) return true;
  const { mtimeMs: bundled } = statSync(bundleStamp);
  const isNewer = (path) => statSync(path).mtimeMs >= bundled;
  const hasNewer = (folder) =>
    readdirSync(folder, { withFileTypes: true }).some((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return path !== bundleFolder && path !== runningFolder && hasNewer(path);
      return entry.name.endsWith('.js') && isNewer(path);
    });
  return isNewer(fileURLToPath(import.meta.url)) || hasNewer(dist);
}

function runningPids() {
  if (!existsSync(runningFolder)) return [];
  return readdirSync(runningFolder).filter((name) => {
    const alive = isAlive(Number(name));
    if (!alive) rmSync(join(runningFolder, name), { force: true });
    return alive;
  });
}

/** Says that this process runs from the build, until it ends. */
export function markRunning() {
  mkdirSync(runningFolder, { recursive: true });
  const path = join(runningFolder, String(process.pid));
  writeFileSync(path, '');
  process.on('exit', () => rmSync(path, { force: true }));
}

function install() {
  if (isInstalled(read(join(root, 'package-lock.json')), read(join(root, 'node_modules', '.package-lock.json'))))
    return;
  console.error('Installing what Sotto needs…');
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'Installing failed: see above. Is the npm registry reachable?',
  );
}

async function build() {
  if (!existsSync(bundleStamp)) console.error('Building…');
  run(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', 'src/apps/cli', 'src/testing', 'bench'],
    'Building failed: see above.',
  );
  if (!isBundleStale()) return;
  if (existsSync(bundleStamp) && runningPids().length > 0) {
    console.error('The sources have changed; the build that is running is used until all its programs have ended.');
    return;
  }
  const begun = new Date();
  await bundle();
  writeFileSync(bundleStamp, '');
  utimesSync(bundleStamp, begun, begun);
}

/** The program `sotto` in a few files: loading two hundred takes longer than what it does. Packages stay outside. */
async function bundle() {
  const { build } = await import('esbuild');
  rmSync(bundleStamp, { force: true });
  rmSync(bundleFolder, { recursive: true, force: true });
  await build({
    absWorkingDir: dist,
    entryPoints: [
      'apps/cli/main.js',
      'apps/cli/start.js',
      'agent/kem-worker.js',
      'apps/smp-server/store-files/store-process.js',
      'apps/smp-server/workers/smp-worker.js',
      'smp/server/store/sqlite/store-writer.js',
    ],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: `node${OLDEST_NODE}`,
    packages: 'external',
    outdir: bundleFolder,
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    logLevel: 'warning',
  });
}

/** Installs and builds what is missing or stale. */
export async function prepare() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    fail(`Sotto needs Node ${OLDEST_NODE} or newer; this is ${process.version}.`);
  }
  await withLock('setup', async () => {
    install();
    await build();
  });
}
