/** The package as developers get it: packed, installed into an empty folder, and used as docs/sdk.md says. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventLog, person, temporaryFolder } from '../harness/people.ts';
import { freePort, ServerProgram } from '../harness/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs', 'sdk.md'), 'utf8');
/** Blocks of code of the guide in a language. */
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code!);

let folder: string;
let server: ServerProgram;

beforeAll(async () => {
  folder = temporaryFolder();
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root });
  const [packed] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  mkdirSync(join(folder, 'bot'));
  writeFileSync(join(folder, 'bot', 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', join('..', packed!)];
  execFileSync('npm', install, { cwd: join(folder, 'bot'), stdio: 'pipe' });
  server = new ServerProgram(join(folder, 'server'), await freePort());
  await server.init();
  await server.start();
}, 120_000);
afterAll(async () => {
  await server?.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Somebody uses the link that the bot prints, and gets an answer. */
async function expectEcho(script: string): Promise<void> {
  const bot = spawn(process.execPath, [script], {
    cwd: join(folder, 'bot'),
    env: { ...process.env, BOT_KEY: 'a passphrase', BOT_SERVER: server.address },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const alice = await person('alice', [server.server]);
  try {
    const lines = new EventLog<string>();
    createInterface({ input: bot.stdout }).on('line', (line) => lines.add(line));
    const link = await lines.first((line) => line.startsWith('simplex:'), 'a link');
    await alice.api.contacts.connect({ link });
    await alice.events.first((event) => event.kind === 'contactConnected', 'connected');
    await alice.api.messages.send({ chatId: alice.contact().chatId, text: 'hello, bot' });
    await alice.events.until(() => alice.received().includes('hello, bot'), 'an answer');
    expect(alice.contact().localName).toBe('echo');
  } finally {
    await alice.api.stop();
    const ended = once(bot, 'exit');
    bot.kill('SIGTERM');
    await ended;
  }
}

it('runs the bot of ten lines', async () => {
  const [code] = blocks('js');
  expect(code!.trim().split('\n').length).toBeLessThanOrEqual(12);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(code);
  writeFileSync(join(folder, 'bot', 'echo.mjs'), code!);
  await expectEcho('echo.mjs');
});

it('compiles and runs the same in TypeScript, with every declaration checked', async () => {
  const [code] = blocks('ts');
  writeFileSync(join(folder, 'bot', 'echo-typed.ts'), code!.replace("'echo.db'", "'typed.db'"));
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  const types = ['--typeRoots', join(root, 'node_modules', '@types')];
  const tsc = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...options, ...types, 'echo-typed.ts'];
  const compiled = spawnSync(process.execPath, tsc, { cwd: join(folder, 'bot'), encoding: 'utf8' });
  expect(compiled.stdout).toBe('');
  expect(compiled.status).toBe(0);
  await expectEcho('echo-typed.js');
});

it('runs the test of a bot', () => {
  writeFileSync(join(folder, 'bot', 'bot-test.mjs'), blocks('js')[1]!);
  const ran = spawnSync(process.execPath, ['bot-test.mjs'], { cwd: join(folder, 'bot'), encoding: 'utf8' });
  expect([ran.stderr, ran.status]).toEqual(['', 0]);
});

it('keeps a script alive that waits for a search, and ends after it', () => {
  const script = `import { openChat } from 'sotto';
const chat = await openChat({ path: 'search.db', key: 'k', name: 'me' });
console.log((await chat.messages.search({ text: 'x', count: 1 })).items.length);
await chat.stop();
`;
  writeFileSync(join(folder, 'bot', 'search.mjs'), script);
  const ran = spawnSync(process.execPath, ['search.mjs'], { cwd: join(folder, 'bot'), encoding: 'utf8' });
  expect([ran.stdout, ran.stderr, ran.status]).toEqual(['0\n', '', 0]);
});

it('exports what docs/api-report.md says; `npx vitest run -u test/process/package.test.ts` writes it', async () => {
  const names = async (entry: string) =>
    Object.keys(await import(join(root, 'dist', entry, 'index.js')))
      .sort()
      .join(', ');
  const declarations = (path: string) => {
    const text = readFileSync(join(root, 'dist', `${path}.d.ts`), 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '');
    return [`## ${path}.d.ts`, '', '```ts', text.trim(), '```', ''];
  };
  const files = ['sdk/index', 'sdk/open-chat', 'sdk/event-handlers', 'testing/index', 'testing/network'];
  const api = ['chat/api/errors'];
  const report = [
    '# What the package exports',
    '',
    'A change of this page, or of docs/api.md with its commands, events and data, is a change of the public surface.',
    '',
    `\`sotto\`: ${await names('sdk')}`,
    '',
    `\`sotto/testing\`: ${await names('testing')}`,
    '',
    ...[...files, ...api].flatMap(declarations),
  ];
  await expect(`${report.join('\n').trimEnd()}\n`).toMatchFileSnapshot(join(root, 'docs', 'api-report.md'));
});
