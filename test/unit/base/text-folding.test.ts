import { describe, expect, it } from 'vitest';
import { fold } from '../../../src/base/index.ts';

describe('folded texts', () => {
  it.each([
    ['İzmir', 'izmir'],
    ['I\u0307zmir', 'izmir'],
    ['Isparta', 'ısparta'],
    ['José', 'Jose\u0301'],
    ['STRASSE', 'straße'],
    ['ΟΔΟΣ', 'οδός'.normalize('NFD').replaceAll(/\p{M}/gu, '')],
    ['ｆｕｌｌ', 'full'],
    ['in\u00advisi\u200bble\ufeff', 'invisible'],
    ['❤️', '❤'],
  ])('%j is found by %j', (a, b) => expect(fold(a)).toBe(fold(b)));

  it('keep what is different apart', () => {
    expect(fold('José')).not.toBe(fold('Jose'));
    expect(fold('a b')).not.toBe(fold('ab'));
  });
});
