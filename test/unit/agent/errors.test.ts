import { describe, expect, it } from 'vitest';
import { isAuthError, isQuotaError, isTransient } from '../../../src/agent/delivery/errors.ts';
import { AgentError } from '../../../src/agent/index.ts';
import { SmpError } from '../../../src/smp/client/index.ts';

const answered = (kind: 'AUTH' | 'QUOTA' | 'LARGE_MSG' | 'INTERNAL') =>
  new SmpError('protocol', kind, { code: { kind } });

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
    expect(isTransient(new AgentError('too-large', 'x'))).toBe(false);
    expect(isTransient(new TypeError('x'))).toBe(false);
    expect([isAuthError(answered('AUTH')), isAuthError(answered('QUOTA')), isAuthError(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([isQuotaError(answered('QUOTA')), isQuotaError(new Error('x'))]).toEqual([true, false]);
  });
});
