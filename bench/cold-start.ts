/** Cold start of the terminal client: a process that opens an existing database, runs a command and exits. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, median, ms, percent } from './measure.ts';
import { type BenchServer, SOTTO } from './server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const RUNS = 11;

/** The minimum: the database and the ciphers. */
const LEAST = "require('@signalapp/sqlcipher'); require('sodium-native')";

function timed(args: readonly string[]): number {
  const start = performance.now();
  execFileSync(process.execPath, [...args], { stdio: 'ignore', cwd: ROOT });
  return performance.now() - start;
}

export function benchColdStart(server: BenchServer): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const chat = [SOTTO, 'chat', '-y', '--no-passphrase', '-d', join(folder, 'a'), '-s', server.address];
  timed([...chat, '--create-display-name', 'alice', '-e', '/p']);
  // Alternating, because the speed of machines varies.
  const [starts, floors]: [number[], number[]] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    floors.push(timed(['-e', LEAST]));
    starts.push(timed([...chat, '-e', '/contacts']));
  }
  rmSync(folder, { recursive: true });
  const [start, floor] = [median(starts), median(floors)];
  return [
    {
      what: 'terminal client, cold start',
      value: ms(start),
      floor: ms(floor),
      ratio: percent(floor / start),
      how: `median of ${RUNS} runs of "sotto chat -e /contacts" with a key file; floor: node that loads the native modules it needs, and ends`,
    },
  ];
}
