/** What lies in deploy/ and docs/hosting.md fits the program: names of metrics, folders, commands and options. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
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

describe('what is installed', () => {
  /** Files that tell people what to do, by what they may be in. */
  const within = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:json|tsbuildinfo)$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const told = [
    'README.md',
    'CONTRIBUTING.md',
    'package.json',
    ...['deploy', 'docs', 'src', 'scripts'].flatMap(within),
  ];

  it('is a file that was made here, never a name that anybody may take in a registry', () => {
    expect(told).toContain('docs/hosting.md');
    for (const path of told) {
      const installs = read(path).matchAll(/\bnpm (?:install|i|add|exec)\b([^\n`"']*)|\bnpx +([^\s`"']+)/g);
      for (const [line, rest = '', run] of installs) {
        const names = rest
          .replace(/\s#.*/, '')
          .split(/\s+/)
          .filter((word) => word !== '' && !word.startsWith('-'));
        expect([path, line, names.filter((name) => !/^[./]/.test(name))]).toEqual([path, line, []]);
        expect([path, run]).not.toEqual([path, 'sotto']);
      }
      expect([path, /npmjs\.com\/package\/sotto/.test(read(path))]).toEqual([path, false]);
    }
  });

  it('is told in the order that works: built, packed, installed', () => {
    const text = read('docs/hosting.md');
    const steps = ['npm run build', 'npm pack', 'npm install -g ./sotto-', 'sotto smp-server init'];
    const places = steps.map((step) => text.indexOf(step));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
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
