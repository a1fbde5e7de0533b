import { describe, expect, it } from 'vitest';
import { fold, skeleton } from '../../../src/base/index.ts';

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

describe('a skeleton', () => {
  it.each([
    ['Alice', 'Аliсе'],
    ['BOB', 'ВОВ'],
    ['Bob', 'Bob\u2800'],
    ['Bob', 'Bоb\u200b'],
    ['Carol', 'Caro1'],
    ['Illya', 'lllya'],
    ['NIKOS', 'ΝΙΚΟS'],
    ['Ann  B', 'Ann\u3164B'],
  ])('of %j is that of %j', (name, other) => {
    expect(skeleton(other)).toBe(skeleton(name));
    expect(name).not.toBe(other);
  });

  it.each([
    ['Alice', 'Alicia'],
    ['Вера', 'Вика'],
    ['Zoe', 'Zoë'],
    ['Bob', 'B ob'],
  ])('of %j is not that of %j', (name, other) => expect(skeleton(other)).not.toBe(skeleton(name)));
});
