import { describe, expect, it } from 'vitest';
import { withLogTime } from '../../../src/hosting/index.ts';

describe('log lines', () => {
  const logged = (env: Record<string, string>, stderr: string | undefined) => {
    const lines: string[] = [];
    const now = () => Date.UTC(2026, 10, 23, 19, 26, 1, 50);
    withLogTime((line) => lines.push(line), { env, stderr: () => stderr, now })('warn: x');
    return lines;
  };

  it('carry the time where nothing else keeps it', () => {
    const timed = ['2026-11-23T19:26:01.050Z warn: x'];
    expect(logged({}, '8:1')).toEqual(timed);
    expect(logged({ JOURNAL_STREAM: '' }, '8:1')).toEqual(timed);
    expect(logged({ JOURNAL_STREAM: '8:1' }, '8:2')).toEqual(timed);
    expect(logged({ JOURNAL_STREAM: '8:1' }, undefined)).toEqual(timed);
  });

  it('carry none for journald, which keeps it', () => {
    expect(logged({ JOURNAL_STREAM: '8:1' }, '8:1')).toEqual(['warn: x']);
  });
});
