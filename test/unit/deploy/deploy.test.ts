/** What lies in deploy/ and docs/hosting.md fits the program: names of metrics, folders, commands and options. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { knownSettings } from '../../../src/apps/smp-server/configuration/known-settings.ts';
import { smpServerCommand } from '../../../src/apps/smp-server/index.ts';
import { serverMetrics } from '../../../src/apps/smp-server/monitoring/metrics.ts';
import { Histogram } from '../../../src/base/index.ts';
import { defaultFolders, prometheusText } from '../../../src/hosting/index.ts';
import { ServerStatistics } from '../../../src/smp/server/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';
import { serverState } from '../../harness/server-state.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that is ever in the metrics. */
async function metricNames(): Promise<Set<string>> {
  const clock = manualClock();
  const statistics = new ServerStatistics();
  statistics.executed({ kind: 'PING' }, { kind: 'PONG' }, 1);
  const commits = { seconds: new Histogram([1]), failures: 0, failing: false };
  const metrics = await serverMetrics(serverState(clock, { statistics, commits }));
  return new Set([...prometheusText(metrics).matchAll(/^([a-z0-9_]+)[{ ]/gm)].map(([, name]) => name!));
}

describe('the dashboard', () => {
  it('asks for metrics that exist', async () => {
    const names = await metricNames();
    const { panels } = JSON.parse(read('deploy/grafana-dashboard.json')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const asked = panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr }) => [...expr.matchAll(/([a-z0-9_]+)\{/g)].map(([, name]) => name!)),
    );
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('the systemd unit', () => {
  const unit = read('deploy/sotto-smp-server.service');
  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  // The program may not be installed where the tests run.
  const path = join(folder, 'sotto-smp-server.service');
  writeFileSync(path, unit.replace('/usr/local/bin/sotto', '/usr/bin/env'));

  it.skipIf(!hasSystemd)('is one that systemd understands', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    expect(stderr).not.toContain('sotto-smp-server.service:');
    expect(status).toBe(0);
  });

  it.skipIf(!hasSystemd)('leaves little to attack', () => {
    const threshold = ['--offline=yes', '--no-pager', '--threshold=20'];
    expect(() => execFileSync('systemd-analyze', ['security', ...threshold, path], { stdio: 'pipe' })).not.toThrow();
  });
});

describe('folders', () => {
  it('are the same for the unit, the container and root', () => {
    const { config, data } = defaultFolders({}, 0, 'smp-server');
    for (const file of ['deploy/sotto-smp-server.service', 'deploy/Dockerfile']) {
      expect(read(file)).toContain(`SMP_SERVER_CFG_PATH=${config}`);
      expect(read(file)).toContain(`SMP_SERVER_LOG_PATH=${data}`);
    }
    expect(read('deploy/compose.yaml')).toContain(`config:${config}\n`);
    expect(read('deploy/compose.yaml')).toContain(`data:${data}\n`);
  });
});

describe('the image', () => {
  it('is made of files that exist', () => {
    const allowed = [...read('deploy/Dockerfile.dockerignore').matchAll(/^!(.+)$/gm)].map(([, name]) => name!);
    expect(allowed.length).toBeGreaterThan(5);
    for (const name of allowed) expect(existsSync(join(root, name))).toBe(true);
    const copied = [...read('deploy/Dockerfile').matchAll(/^COPY (?!--from)(\S+) /gm)].map(([, name]) => name!);
    for (const name of copied) expect(name === '.' || allowed.includes(name)).toBe(true);
  });
});

describe('docs/hosting.md', () => {
  const text = read('docs/hosting.md');

  /** The command that `words` lead to, and what is left of them. */
  function commandOf(words: readonly string[]): { command: Command; rest: readonly string[] } {
    let command = smpServerCommand();
    for (const [i, word] of words.entries()) {
      const inner = command.commands.find((candidate) => candidate.name() === word);
      if (inner === undefined) return { command, rest: words.slice(i) };
      command = inner;
    }
    return { command, rest: [] };
  }

  it('names commands and options that exist', () => {
    const lines = [
      ...text.matchAll(
        /(?:sotto|run --rm smp|main\.js) (?:smp-server )?((?:init|start|control|cert|doctor|status|delete)\b[^\n`]*)/g,
      ),
    ];
    expect(lines.length).toBeGreaterThan(10);
    for (const [, line] of lines) {
      const { command, rest } = commandOf(line!.replace(/#.*/, '').trim().split(/\s+/));
      expect(command.name()).not.toBe('smp-server');
      const known = command.options.map(({ long }) => long);
      for (const word of rest) if (word.startsWith('--')) expect(known).toContain(word);
    }
  });

  it('names settings that do something', () => {
    const all = Object.values(knownSettings).flatMap((settings) => Object.entries(settings));
    for (const [, key] of text.matchAll(/`([a-z_]+) = /g)) {
      expect(all).toContainEqual([key, 'used']);
    }
    for (const [, section] of text.matchAll(/\[([A-Z_]+)\]/g)) expect(Object.keys(knownSettings)).toContain(section);
  });

  it('is part of what is published, with the files it names', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(['deploy', 'docs/hosting.md', 'docs/limits.md']));
    for (const [name] of text.matchAll(/deploy\/[a-z.-]+[a-z]/g)) expect(existsSync(join(root, name))).toBe(true);
  });
});
