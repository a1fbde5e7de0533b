/**
 * `sotto chat` and the official terminal app, as processes on loopback: either makes the invitation, on our server and
 * on the reference's. Both must be connected within seconds, exchange messages and receipts in both directions, say
 * that PQ is on, show the same security code, and agree on what becomes of messages.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeChecks, changeMessages } from './changes.ts';
import { longConversations } from './long-conversation.ts';
import { Network, type Side, START_MS } from './network.ts';
import type { OfficialApp } from './official-app.ts';
import type { Program } from './programs.ts';

interface Case {
  readonly server: Side;
  readonly invites: Side;
}

interface Result extends Case {
  readonly connectedMs: number | undefined;
  readonly passed: readonly string[];
  readonly failure: string | undefined;
}

/** "Within seconds" for the handshake, a message and its receipt. */
const CONNECT_MS = 15_000;
const MESSAGE_MS = 10_000;
const LINK = /(?:https:\/\/simplex\.chat\/|simplex:\/)invitation#[^\s"]+/;
/** Checks of {@link fillQueues}. */
const fillChecks = ['full queue out', 'full queue in'] as const;
const CODE = /^(?:\d{5} )+\d{1,5}$/m;

const [reference, root, count, seed] = process.argv.slice(2) as [string, string, string, string];
const network = new Network(reference, root);

async function runCase(each: Case, folder: string): Promise<Result> {
  const passed: string[] = [];
  let connectedMs: number | undefined;
  const programs: { stop(): Promise<void> }[] = [];
  const keep = (program: { stop(): Promise<void> }) => programs.push(program);
  try {
    const { program, address } = await network.startServer(each.server, join(folder, 'server'));
    keep(program);
    const theirs = await network.startTheirs(folder, address);
    keep(theirs);
    const ours = network.startOurs(folder, address);
    keep(ours);

    const began = Date.now();
    if (each.invites === 'ours') {
      ours.write('/c\n');
      const [link] = await ours.waitFor(LINK, START_MS);
      theirs.send(`/c ${link}`);
    } else {
      theirs.send('/c');
      const [link] = await theirs.waitFor(LINK);
      ours.write(`/c ${link}\n`);
    }
    await ours.waitFor(/theirs: contact is connected/, CONNECT_MS);
    await theirs.waitFor(/"type":"contactConnected"/, CONNECT_MS);
    connectedMs = Date.now() - began;
    passed.push('connected');

    ours.write('@theirs hello from sotto\n');
    await theirs.waitFor(/"newChatItems".*"hello from sotto"/, MESSAGE_MS);
    passed.push('message out');
    await ours.waitFor(/✓✓ \S+ @theirs hello from sotto/, MESSAGE_MS);
    passed.push('receipt in');

    theirs.send('@ours hello from the official app');
    await ours.waitFor(/theirs> hello from the official app/, MESSAGE_MS);
    passed.push('message in');
    await theirs.waitFor(/"chatItemsStatusesUpdated".*"sndRcvd"/, MESSAGE_MS);
    passed.push('receipt out');

    await ours.waitFor(/theirs: quantum resistant end-to-end encryption enabled \(PQ on\)/, MESSAGE_MS);
    theirs.send('/info @ours');
    await theirs.waitFor(/"type":"contactInfo".*"pqSndEnabled":true,"pqRcvEnabled":true/, MESSAGE_MS);
    passed.push('PQ');

    ours.write('/code @theirs\n');
    const code = (await ours.waitFor(CODE, MESSAGE_MS))[0];
    theirs.send('/code @ours');
    const theirCode = (await theirs.waitFor(/"connectionCode":"([\d ]+)"/, MESSAGE_MS))[1];
    if (code !== theirCode) throw new Error(`security codes differ:\n  ${code}\n  ${theirCode}`);
    ours.write(`/verify @theirs ${theirCode}\n`);
    await ours.waitFor(/theirs: connection verified/, MESSAGE_MS);
    passed.push('code');

    await changeMessages(ours, theirs, (check) => passed.push(check));
    await fillQueues({ ours, theirs, address, folder, keep, pass: (check) => passed.push(check) });
    return { ...each, connectedMs, passed, failure: undefined };
  } catch (error) {
    return { ...each, connectedMs, passed, failure: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const program of programs.reverse()) await program.stop();
  }
}

const checks = [
  'connected',
  'message out',
  'receipt in',
  'message in',
  'receipt out',
  'PQ',
  'code',
  ...changeChecks,
  ...fillChecks,
];

interface Filling {
  readonly ours: Program;
  readonly theirs: OfficialApp;
  readonly address: string;
  readonly folder: string;
  keep(program: { stop(): Promise<void> }): void;
  pass(check: (typeof fillChecks)[number]): void;
}

/** More than twice what a queue takes. */
const FLOOD = 300;
/** The official app sends the rest within seconds of A_QCONT; a pause of the slow kind is 300 s. */
const DRAIN_MS = 90_000;

/** Each side in turn is away while the other sends more than its queue takes; then all of it arrives. */
async function fillQueues({ ours, theirs, address, folder, keep, pass }: Filling): Promise<void> {
  await theirs.stop();
  for (let n = 1; n <= FLOOD; n++) ours.write(`@theirs flood ${n} out\n`);
  // As many are on the server, the others wait.
  await ours.waitFor(/✓ \S+ @theirs flood 120 out/, MESSAGE_MS);
  const back = await network.startTheirs(folder, address);
  keep(back);
  await back.waitFor(new RegExp(`"newChatItems".*"flood ${FLOOD} out"`), DRAIN_MS);
  pass('full queue out');

  await ours.stop();
  for (let n = 1; n <= FLOOD; n++) back.send(`@ours flood ${n} in`);
  await back.waitFor(/"chatItemsStatusesUpdated".*"flood 120 in"/, DRAIN_MS);
  const again = network.startOurs(folder, address);
  keep(again);
  await again.waitFor(new RegExp(`theirs> flood ${FLOOD} in`), DRAIN_MS);
  pass('full queue in');
}

/** A column for each case. */
function printTable(results: readonly Result[]): void {
  const side = (side: Side) => (side === 'ours' ? 'sotto' : 'reference');
  const table = [
    ['server', ...results.map(({ server }) => side(server))],
    ['invites', ...results.map(({ invites }) => side(invites))],
    ['time', ...results.map(({ connectedMs: ms }) => (ms === undefined ? '—' : `${(ms / 1000).toFixed(1)} s`))],
    ...checks.map((check) => [check, ...results.map(({ passed }) => (passed.includes(check) ? 'ok' : '—'))]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  for (const { server, invites, failure } of results) {
    if (failure !== undefined) console.log(`\nserver ${server}, ${invites} invites: ${failure}`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'sotto-interop-'));
const results: Result[] = [];
let failed = 0;
try {
  for (const server of ['ours', 'reference'] as const) {
    for (const invites of ['ours', 'reference'] as const) {
      const own = join(folder, `${server}-${invites}`);
      mkdirSync(own);
      results.push(await runCase({ server, invites }, own));
    }
  }
  printTable(results);
  failed = await longConversations({ network, folder, count: Number(count), seed: Number(seed), link: LINK });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 && results.every((result) => result.failure === undefined) ? 0 : 1);
