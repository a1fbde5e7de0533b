/**
 * Makes a checkout ready to run, with nothing but Node: installs what is missing and builds what is stale. Programs
 * that run from the build are left alone: while one does, it is not replaced under it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = 20;
const installStamp = join(root, 'node_modules', '.sotto-installed');
const buildStamp = join(root, 'dist', '.built');
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
const digest = (text) => createHash('sha256').update(text).digest('hex');

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

/** Names, sizes and times of all that the build reads. */
function sourcesDigest() {
  const lines = [];
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else {
        const { size, mtimeMs } = statSync(join(root, path));
        lines.push(`${path} ${size} ${mtimeMs}`);
      }
    }
  };
  for (const folder of ['src', 'bench']) visit(folder);
  for (const file of ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json'])
    lines.push(digest(read(join(root, file))));
  return digest(lines.sort().join('\n'));
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
  const wanted = digest(read(join(root, 'package-lock.json')));
  if (read(installStamp) === wanted) return;
  console.error('Installing what Sotto needs…');
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'Installing failed: see above. Is the npm registry reachable?',
  );
  writeFileSync(installStamp, wanted);
}

async function build() {
  const wanted = sourcesDigest();
  if (read(buildStamp) === wanted) return;
  if (existsSync(buildStamp) && runningPids().length > 0) {
    console.error('The sources have changed; the build that is running is used until all its programs have ended.');
    return;
  }
  console.error('Building…');
  run(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', 'src/apps/cli', 'src/testing', 'bench'],
    'Building failed: see above.',
  );
  await bundle();
  writeFileSync(buildStamp, wanted);
}

/** The program `sotto` in a few files: loading two hundred takes longer than what it does. Packages stay outside. */
async function bundle() {
  const { build } = await import('esbuild');
  const outdir = join(root, 'dist', 'apps', 'sotto');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: join(root, 'dist'),
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
    outdir,
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
