import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as r from '../../../src/ratchet/index.ts';
import { type Party, ratchetEnv, session } from '../../harness/ratchet-parties.ts';

describe('double ratchet', () => {
  it('delivers any interleaving with losses and delays, each message once', () => {
    const step = fc.record({
      from: fc.boolean(),
      deliver: fc.nat({ max: 3 }),
      kem: fc.constantFrom(undefined, true, false),
    });
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 40, size: 'max' }), (kem, steps) => {
        const { initiator, joiner } = session(kem, kem);
        initiator.open(joiner.seal('first'));
        const flying: { to: Party; text: string; message: Uint8Array }[] = [];
        steps.forEach(({ from, deliver, kem: toggle }, i) => {
          const [sender, to] = from ? [initiator, joiner] : [joiner, initiator];
          flying.push({ to, text: `${i}`, message: sender.seal(`${i}`, toggle) });
          for (let n = 0; n < deliver && flying.length > 0; n++) {
            const [next] = flying.splice((i * 7 + n * 3) % flying.length, 1);
            expect(next!.to.open(next!.message)).toBe(next!.text);
            expect(() => next!.to.open(next!.message)).toThrow(r.RatchetError);
          }
        });
        for (const { to, text, message } of flying) expect(to.open(message)).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  it('looks for kept keys only when no current key opens a message', () => {
    const { initiator, joiner } = session(false, false);
    initiator.open(joiner.seal('first'));
    const never: r.SkippedKeys = {
      headerKeys: () => expect.fail('kept header keys were tried'),
      find: () => expect.fail('a kept key was looked for'),
    };
    const open = (party: Party, message: Uint8Array) => {
      party.ratchet = r.decryptMessage(ratchetEnv, party.ratchet, never, message).ratchet;
    };
    // In order, after a gap, and at a change of direction.
    open(initiator, joiner.seal('second'));
    joiner.seal('lost');
    open(initiator, joiner.seal('third'));
    open(joiner, initiator.seal('answer'));
    open(initiator, joiner.seal('fourth'));
  });

  it('comes to PQ by a proposal of the joiner, as full links have no KEM key', () => {
    const { initiator, joiner } = session(false, true);
    const rounds = [];
    for (let i = 0; i < 3; i++) {
      initiator.open(joiner.seal('ping'));
      joiner.open(initiator.seal('pong'));
      rounds.push([initiator.ratchet.sendingKem, joiner.ratchet.receivingKem, joiner.ratchet.sendingKem]);
    }
    expect(rounds[0]).toEqual([true, true, true]);
    expect(rounds[2]).toEqual([true, true, true]);
    expect(initiator.ratchet.receivingKem).toBe(true);
  });

  it('turns PQ on and off in the middle, and keeps large headers once on', () => {
    const { initiator, joiner } = session(false, false);
    const round = (kem?: boolean) => {
      initiator.open(joiner.seal('ping', kem));
      joiner.open(initiator.seal('pong', kem));
    };
    round();
    expect(joiner.ratchet.sendingKem).toBe(false);
    round(true);
    for (let i = 0; i < 3; i++) round();
    expect([joiner.ratchet.sendingKem, joiner.ratchet.receivingKem]).toEqual([true, true]);
    round(false);
    for (let i = 0; i < 3; i++) round();
    expect([joiner.ratchet.sendingKem, joiner.ratchet.receivingKem]).toEqual([false, false]);
    expect(joiner.ratchet.supportKem).toBe(true);
  });

  it('refuses what it cannot have sent, and stays as it was', () => {
    const { initiator, joiner } = session(true, true);
    expect(() => initiator.seal('too early')).toThrow(/before a message is received/);
    const message = joiner.seal('hello');
    const before = initiator.ratchet;
    for (const at of [0, 5, 40, message.length - 1]) {
      const forged = message.slice();
      forged[at] = forged[at]! ^ 0x40;
      expect(() => initiator.open(forged)).toThrow();
      expect(initiator.ratchet).toBe(before);
    }
    expect(initiator.open(message)).toBe('hello');
    expect(() => initiator.open(message)).toThrow(expect.objectContaining({ kind: 'duplicate' }));
  });

  it.each([false, true])('adds as many bytes as it says, with the KEM %s', (kem) => {
    const { joiner } = session(kem, kem);
    // `seal` pads to 200 bytes.
    expect(joiner.seal('ping').length).toBe(200 + r.ratchetOverhead(kem));
  });

  // The number of the protocol, not our constant: with another one, peers lose messages or make us keep too many keys.
  const CAP = 512;
  const lose = (sender: Party, count: number) => {
    for (let i = 0; i < count; i++) sender.seal('lost');
  };

  it('keeps at most 512 skipped keys at a time', () => {
    const { initiator, joiner } = session(false, false);
    initiator.open(joiner.seal('first'));
    lose(joiner, CAP);
    const enough = joiner.seal('last of its chain that may come');
    const tooMany = joiner.seal('one too many');
    const before = initiator.ratchet;
    expect(() => initiator.open(tooMany)).toThrow(expect.objectContaining({ kind: 'too-many-skipped' }));
    expect(initiator.ratchet).toBe(before);
    expect(initiator.skipped).toEqual([]);
    expect(initiator.open(enough)).toContain('last');
    expect(initiator.skipped.length).toBe(CAP);
    // The next gap counts from what was received.
    expect(initiator.open(tooMany)).toBe('one too many');
  });

  it.each([
    [CAP, CAP, undefined],
    [CAP + 1, 0, 'too-many-skipped'],
    [0, CAP + 1, 'too-many-skipped'],
  ])('with %d lost before and %d after the peer changes its key', (former, current, refusal) => {
    const { initiator, joiner } = session(false, false);
    initiator.open(joiner.seal('first'));
    lose(joiner, former);
    joiner.open(initiator.seal('answer'));
    lose(joiner, current);
    const message = joiner.seal('under the new key');
    if (refusal === undefined) {
      expect(initiator.open(message)).toBe('under the new key');
      expect(initiator.skipped.length).toBe(former + current);
    } else {
      expect(() => initiator.open(message)).toThrow(expect.objectContaining({ kind: refusal }));
      expect(initiator.skipped).toEqual([]);
    }
  });
});
