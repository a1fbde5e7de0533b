/** Cold start of the terminal client: a whole process that opens an existing database, runs a command and ends. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, ms, percentile } from './measure.ts';
import { type BenchServer, SOTTO } from './server.ts';

const RUNS = 11;

function timed(args: readonly string[]): number {
  const start = performance.now();
  execFileSync(process.execPath, [...args], { stdio: 'ignore' });
  return performance.now() - start;
}

export function benchColdStart(server: BenchServer): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  const chat = [SOTTO, 'chat', '-y', '--no-passphrase', '-d', join(folder, 'a'), '-s', server.address];
  timed([...chat, '--create-display-name', 'alice', '-e', '/p']);
  const starts = Array.from({ length: RUNS }, () => timed([...chat, '-e', '/contacts']));
  const floor = Array.from({ length: RUNS }, () => timed(['-e', '0']));
  rmSync(folder, { recursive: true });
  return [
    {
      what: 'terminal client, cold start',
      value: ms(percentile(starts, 0.5)),
      how: `median of ${RUNS} runs of "sotto chat -e /contacts" with a key file; "node -e 0" takes ${ms(percentile(floor, 0.5))}`,
    },
  ];
}
