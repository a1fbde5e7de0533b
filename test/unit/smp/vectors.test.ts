/** SMP as the reference encodes it, in versions 9 to 18. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Codec, decode, encode, fromHex, latin1, toHex } from '../../../src/encoding/index.ts';
import {
  clientMessageCodec,
  clientMsgEnvelopeCodec,
  commandCodec,
  deliveryCodec,
  errorTypeCodec,
  formatErrorType,
  responseCodec,
} from '../../../src/smp/protocol/index.ts';

const load = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8')) as Record<string, never>;
type Case = { readonly name: string; readonly hexByVersion: Record<string, string> };
const smp = load('smp') as unknown as {
  readonly commands: readonly Case[];
  readonly responses: readonly Case[];
  readonly errors: readonly { readonly name: string; readonly hex: string; readonly text: string }[];
};
const agent = load('agent') as unknown as {
  readonly clientMessages: readonly { readonly hex: string }[];
  readonly clientMsgEnvelopes: readonly { readonly hex: string }[];
  readonly rcvMsgBody: { body: string; notification: boolean; prefixHex: string; timestamp: number };
};

const versions = ['9', '10', '11', '12', '14', '15', '16', '17', '18'];

function expectSame<T>(codec: Codec<T>, hex: string): T {
  const value = decode(codec, fromHex(hex));
  expect(toHex(encode(codec, value))).toBe(hex);
  return value;
}

describe('smp.json', () => {
  for (const { name, hexByVersion } of smp.commands) {
    it(`command ${name}`, () => {
      for (const version of versions) {
        const hex = hexByVersion[version]!;
        const command = expectSame(commandCodec(Number(version)), hex);
        expect(latin1(fromHex(hex)).split(' ')[0]).toBe(command.kind);
      }
    });
  }
  for (const { name, hexByVersion } of smp.responses) {
    it(`response ${name}`, () => {
      for (const version of versions) expectSame(responseCodec(Number(version)), hexByVersion[version]!);
    });
  }
  it('says what older versions know', () => {
    const of = (name: string) => smp.responses.find((r) => r.name === name)!.hexByVersion;
    const blocked = decode(responseCodec(12), fromHex(of('ERR BLOCKED spam')['12']!));
    const deleted = decode(responseCodec(10), fromHex(of('DELD')['10']!));
    for (const version of versions) {
      const codec = responseCodec(Number(version));
      expect(toHex(encode(codec, blocked))).toBe(of('ERR BLOCKED spam')[version]);
      expect(toHex(encode(codec, deleted))).toBe(of('DELD')[version]);
    }
  });
  for (const { name, hex, text } of smp.errors) {
    it(`error ${name}`, () => {
      expect(formatErrorType(expectSame(errorTypeCodec, hex))).toBe(text);
    });
  }
});

describe('agent.json', () => {
  it('client messages', () => {
    for (const { hex } of agent.clientMessages) expectSame(clientMessageCodec, hex);
    expect(decode(clientMessageCodec, fromHex(agent.clientMessages[1]!.hex)).senderKey?.algorithm).toBe('x25519');
  });
  it('client message envelopes', () => {
    for (const { hex } of agent.clientMsgEnvelopes) expectSame(clientMsgEnvelopeCodec, hex);
  });
  it('delivered body', () => {
    const { body, notification, prefixHex, timestamp } = agent.rcvMsgBody;
    expect(expectSame(deliveryCodec, prefixHex + body)).toEqual({
      kind: 'message',
      timestamp,
      flags: { notification },
      body: fromHex(body),
    });
  });
});
