import { describe, expect, it } from 'vitest';
import { isAuthError, isQuotaError, isTransient } from '../../../src/agent/delivery/errors.ts';
import { AgentError } from '../../../src/agent/index.ts';
import { SmpError } from '../../../src/smp/client/index.ts';

const answered = (kind: 'AUTH' | 'QUOTA' | 'LARGE_MSG' | 'INTERNAL') =>
  new SmpError('protocol', kind, { code: { kind } });

describe('an error of the agent', () => {
  it('has its code and values as message, and the part before the dot as kind', () => {
    const cause = new Error('SQLITE_FULL');
    const full = new AgentError('disk.full', {}, { cause, retryable: true });
    expect(full).toMatchObject({ code: 'disk.full', kind: 'disk', message: 'disk.full', retryable: true, cause });
    const long = new AgentError('too-large.message', { bytes: 3 });
    expect(long).toMatchObject({ kind: 'too-large', values: { bytes: 3 }, retryable: false });
    expect(long.message).toBe('too-large.message (bytes: 3)');
    expect(new AgentError('passphrase', { path: 'a.db' })).toMatchObject({
      kind: 'passphrase',
      message: 'passphrase (path: "a.db")',
    });
  });
});

describe('errors of a delivery', () => {
  it.each(['network', 'timeout', 'identity', 'version', 'response'] as const)(
    '%s may pass: nothing is given up',
    (kind) => {
      expect(isTransient(new SmpError(kind, 'x'))).toBe(true);
    },
  );

  it('only a refusal by the server itself, or an error of our own, is final', () => {
    expect(isTransient(answered('AUTH'))).toBe(false);
    expect(isTransient(answered('LARGE_MSG'))).toBe(false);
    expect(isTransient(answered('QUOTA'))).toBe(true);
    expect(isTransient(answered('INTERNAL'))).toBe(true);
    expect(isTransient(new AgentError('too-large.message', { bytes: 1 }))).toBe(false);
    expect(isTransient(new TypeError('x'))).toBe(false);
    expect([isAuthError(answered('AUTH')), isAuthError(answered('QUOTA')), isAuthError(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([isQuotaError(answered('QUOTA')), isQuotaError(new Error('x'))]).toEqual([true, false]);
  });
});
