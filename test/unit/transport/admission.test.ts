/** Who is let in, and what the log says of those who are not. */
import { describe, expect, it, vi } from 'vitest';
import { lineLogger, silentLogger } from '../../../src/base/index.ts';
import { Admission, partyOf } from '../../../src/transport/node/admission.ts';
import { manualClock } from '../../harness/manual-clock.ts';

const limits = { total: 4, perAddress: 2, handshakes: 3 };

describe('admission', () => {
  it('counts all, those of one address, and those that still shake hands', () => {
    const admission = new Admission(limits, manualClock(), silentLogger);
    const first = admission.admit('10.0.0.1')!;
    admission.admit('10.0.0.1')!.handshakeDone();
    expect(admission.admit('10.0.0.1')).toBeUndefined();
    expect(admission.admit('::ffff:10.0.0.1')).toBeUndefined();
    admission.admit('10.0.0.2');
    admission.admit('10.0.0.3');
    first.handshakeDone();
    expect(admission.admit('10.0.0.4')).toBeUndefined();
    first.closed();
    first.closed();
    expect(admission.admit('10.0.0.1')).toBeDefined();
    expect(admission.admit('10.0.0.1')).toBeUndefined();
  });

  it('lets nobody in while too many shake hands, and goes on when they are done or gone', () => {
    const admission = new Admission({ ...limits, perAddress: 0 }, manualClock(), silentLogger);
    const [one, two] = [admission.admit('a')!, admission.admit('a')!, admission.admit('a')!];
    expect(admission.admit('a')).toBeUndefined();
    one.closed();
    two.handshakeDone();
    expect(admission.admit('a')).toBeDefined();
    expect(admission.admit('a')).toBeDefined();
    expect(admission.admit('a')).toBeUndefined();
  });

  it('lets no address keep the others from shaking hands', () => {
    const admission = new Admission({ total: 1_000, perAddress: 500, handshakes: 200 }, manualClock(), silentLogger);
    const open = Array.from({ length: 30 }, () => admission.admit('10.0.0.1')).filter((one) => one !== undefined);
    expect(open).toHaveLength(20);
    expect(admission.admit('10.0.0.2')).toBeDefined();
    open[0]!.handshakeDone();
    expect(admission.admit('10.0.0.1')).toBeDefined();
    expect(admission.admit('10.0.0.1')).toBeUndefined();
  });

  it('keeps nothing of an address whose connections have ended, or were refused', () => {
    const admission = new Admission({ ...limits, total: 3 }, manualClock(), silentLogger);
    // The only map that an address is a key of.
    let kept: Map<string, unknown> | undefined;
    const set = vi.spyOn(Map.prototype, 'set').mockImplementation(function (this: Map<string, unknown>, key, value) {
      if (key === '10.0.0.1') kept = this;
      set.mockRestore();
      return this.set(key, value);
    });
    const [one, two] = [admission.admit('10.0.0.1')!, admission.admit('10.0.0.1')!];
    set.mockRestore();
    const other = admission.admit('2001:db8:1:2::6')!;
    expect([...kept!.keys()]).toEqual(['10.0.0.1', '2001:db8:1:2']);
    expect(admission.admit('10.0.0.3')).toBeUndefined();
    expect(kept!.size).toBe(2);
    one.closed();
    expect(kept!.has('10.0.0.1')).toBe(true);
    two.handshakeDone();
    two.closed();
    expect([...kept!.keys()]).toEqual(['2001:db8:1:2']);
    other.closed();
    expect(kept!.size).toBe(0);
    expect(admission.counts).toMatchObject({ open: 0, handshaking: 0 });
  });

  it('reports how many were refused and why, once a minute at most, and no address', () => {
    const lines: string[] = [];
    const clock = manualClock();
    const admission = new Admission(
      { ...limits, total: 1 },
      clock,
      lineLogger('info', (line) => lines.push(line)),
    );
    admission.admit('10.0.0.1');
    for (let i = 0; i < 5; i++) admission.admit('10.0.0.2');
    expect(lines).toEqual(['warn: refused 1 connection: the limit of connections is reached']);
    clock.advance(60_000);
    expect(lines[1]).toBe('warn: refused 4 connections: the limit of connections is reached');
    clock.advance(60_000);
    expect(lines).toHaveLength(2);
    admission.admit('10.0.0.2');
    expect(lines).toHaveLength(3);
  });

  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['64:ff9b::10.0.0.1', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('%s is %s', (address, party) => expect(partyOf(address)).toBe(party));
});
