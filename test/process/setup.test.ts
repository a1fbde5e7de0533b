/** What `npm run build` does in a small checkout: it builds what changed, and leaves running programs alone. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** The other files that the bundle has entries for; compiled, because here they have no sources. */
const entries = [
  'agent/kem-worker.js',
  'apps/smp-server/store-files/store-process.js',
  'apps/smp-server/workers/smp-worker.js',
  'smp/server/store/sqlite/store-writer.js',
];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sotto-setup-'));
  for (const path of ['scripts', 'package.json', 'package-lock.json'])
    cpSync(join(repository, path), join(root, path), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  for (const [path, outDir] of [
    ['src/apps/cli', '../../../dist/apps/cli'],
    ['src/testing', '../../dist/testing'],
    ['bench', '../dist/bench'],
  ] as const) {
    const compilerOptions = { target: 'ES2022', module: 'NodeNext', composite: true, rootDir: '.', outDir, types: [] };
    write(join(path, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  }
  for (const path of ['bench', 'src/testing']) write(join(path, 'main.ts'), 'export {};');
  write('src/apps/cli/start.ts', 'export {};');
  for (const path of entries) write(join('dist', path), 'export {};');
  setMessage('first');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Changes the source of the program, which is one string. */
const setMessage = (message: string) => write('src/apps/cli/main.ts', `export const message = '${message}';\n`);

/** The bundled program. */
const bundle = () => readFileSync(join(root, 'dist/apps/sotto/main.js'), 'utf8');

function build(): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'scripts/build.mjs')]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(output))));
  });
}

it('bundles the program when a compiled file is newer than the bundle', async () => {
  expect(await build()).toBe('Building…\n');
  expect(bundle()).toContain('first');
  write('dist/apps/sotto/main.js', `${bundle()}// the same bundle`);
  expect(await build()).toBe('');
  expect(bundle()).toContain('the same bundle');
  setMessage('second');
  expect(await build()).toBe('');
  expect(bundle()).toContain('second');
});

it('leaves the bundle alone while a program runs from it', async () => {
  await build();
  write(`dist/.running/${process.pid}`, '');
  setMessage('second');
  expect(await build()).toMatch(/^The sources have changed; the build that is running is used/);
  expect(bundle()).toContain('first');
  rmSync(join(root, 'dist/.running'), { recursive: true });
  expect(await build()).toBe('');
  expect(bundle()).toContain('second');
});

it('builds once when it is run twice at a time', async () => {
  const outputs = await Promise.all([build(), build()]);
  expect(outputs.sort()).toEqual(['', 'Building…\n']);
  expect(bundle()).toContain('first');
});

it('takes over from a build that was killed', async () => {
  const ended = spawn(process.execPath, ['--version']);
  await new Promise((resolve) => ended.on('close', resolve));
  write('.setup.lock', `${ended.pid}`);
  await build();
  expect(bundle()).toContain('first');
});
