import { describe, expect, it } from 'vitest';
import * as a from '../../../src/agent/protocol/index.ts';
import { decodePublicKeyDer } from '../../../src/crypto/index.ts';
import { type Codec, DecodeError, decode, encode, toHex } from '../../../src/encoding/index.ts';
import { parseSmpServer } from '../../../src/protocol/index.ts';
import { e2eParamsCodec } from '../../../src/ratchet/index.ts';
import { bytesFrom, hex, vectors } from '../../harness/vectors.ts';

interface Named {
  readonly hex: string;
  readonly name: string;
}
interface AgentVectors {
  readonly agentInvitation: { readonly hex: string; readonly connInfo: string; readonly connReqText: string };
  readonly agentMessages: readonly Named[];
  readonly envelopes: readonly Named[];
  readonly e2eParams: string;
  readonly queueInfo: string;
  readonly queueUri: readonly { readonly hex: string; readonly text: string }[];
  readonly senderAuthKey: string;
  readonly queueAddress: { readonly dhPublicKey: string; readonly senderId: string; readonly server: string };
}
const v = vectors<AgentVectors>('agent');

/** Both directions, truncation at each byte, and one byte too many where the end is not open. */
function check<T>(codec: Codec<T>, bytes: Uint8Array, openEnd: boolean): T {
  const value = decode(codec, bytes);
  expect(toHex(encode(codec, value))).toBe(toHex(bytes));
  const longer = Uint8Array.of(...bytes, 0x7e);
  if (!openEnd) expect(() => decode(codec, longer)).toThrow(DecodeError);
  for (let n = 0; n < bytes.length; n++) {
    let shorter: T;
    try {
      shorter = decode(codec, bytes.subarray(0, n));
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      continue;
    }
    // What still decodes is something else, and says so when it is encoded.
    expect(toHex(encode(codec, shorter))).toBe(toHex(bytes.subarray(0, n)));
  }
  return value;
}

const hasTail = (name: string) => /A_MSG|ConnInfo|RatchetInfo|Envelope|Confirmation|RatchetKey/.test(name);

describe('values of the reference', () => {
  it.each(v.agentMessages)('agent message: $name', ({ hex: bytes, name }) => {
    check(a.agentMessageCodec, hex(bytes), hasTail(name));
  });

  it.each(v.envelopes)('envelope: $name', ({ hex: bytes }) => {
    check(a.agentEnvelopeCodec, hex(bytes), true);
  });

  it('reads what is in them', () => {
    const message = (name: string) =>
      decode(a.agentMessageCodec, hex(v.agentMessages.find((m) => m.name.startsWith(name))!.hex));
    const header = { sndMsgId: 7, prevHash: bytesFrom(60, 32) };
    expect(message('A_MSG')).toEqual({
      kind: 'message',
      ...header,
      message: { kind: 'A_MSG', body: new TextEncoder().encode('hello') },
    });
    expect(message('A_RCVD')).toEqual({
      kind: 'message',
      ...header,
      message: { kind: 'A_RCVD', receipts: [{ sndMsgId: 7, hash: bytesFrom(1, 32), info: new Uint8Array(0) }] },
    });
    const { server } = parseSmpServer(v.queueAddress.server);
    const address = { server, senderId: hex(v.queueAddress.senderId) };
    const dhPublicKey = decodePublicKeyDer(hex(v.queueAddress.dhPublicKey)).raw;
    const queue = { ...address, dhPublicKey, mode: 'messaging' };
    const authKey = { algorithm: 'x25519', key: decodePublicKeyDer(hex(v.senderAuthKey)).raw };
    expect(decode(a.smpQueueInfoCodec, hex(v.queueInfo))).toEqual({ ...queue, version: 4 });
    const bodies = {
      HELLO: {},
      A_QCONT: { queue: address },
      QADD: { queues: [[{ ...queue, versions: { min: 1, max: 4 } }, address]] },
      QKEY: { queues: [[{ ...queue, version: 4 }, authKey]] },
      QUSE: { queues: [[address, true]] },
      QTEST: { queues: [address] },
    };
    for (const [kind, body] of Object.entries(bodies)) {
      expect(message(kind)).toEqual({ kind: 'message', ...header, message: { kind, ...body } });
    }
    expect(message('EREADY')).toMatchObject({ message: { kind: 'EREADY', lastReceived: 5 } });
    expect(message('AgentConnInfoReply')).toMatchObject({ queues: [{ version: 4, mode: 'messaging' }] });
  });

  it('invitation envelope, queue addresses, X3DH parameters', () => {
    const invitation = check(a.agentEnvelopeCodec, hex(v.agentInvitation.hex), true);
    expect(invitation).toMatchObject({ kind: 'invitation', version: 7, link: v.agentInvitation.connReqText });
    expect(invitation).toMatchObject({ info: hex(v.agentInvitation.connInfo) });
    const link = a.parseConnectionLink(v.agentInvitation.connReqText);
    expect(a.formatConnectionLink(link)).toBe(v.agentInvitation.connReqText);
    check(a.smpQueueInfoCodec, hex(v.queueInfo), false);
    check(e2eParamsCodec, hex(v.e2eParams), false);
    for (const { hex: bytes, text } of v.queueUri) {
      const queue = check(a.smpQueueUriCodec, hex(bytes), false);
      expect(a.formatSmpQueueUri(queue)).toBe(text);
      expect(a.parseSmpQueueUri(text)).toEqual(queue);
      expect(queue.server).toEqual(parseSmpServer(v.queueAddress.server).server);
      expect(toHex(queue.senderId)).toBe(v.queueAddress.senderId);
    }
  });
});

interface LinkVectors {
  readonly full: readonly { readonly hex: string; readonly name: string; readonly text: string }[];
}

describe('full connection links of the reference', () => {
  it.each(vectors<LinkVectors>('links').full)('$name', ({ hex: bytes, text }) => {
    const link = a.parseConnectionLink(text);
    expect(a.formatConnectionLink(link)).toBe(text);
    const binary = check(a.connectionLinkCodec, hex(bytes), false);
    expect(binary).toEqual({ ...link, scheme: a.SIMPLEX_SCHEME });
  });

  it('refuses what is not one', () => {
    const { text } = vectors<LinkVectors>('links').full[0]!;
    const bad = [
      '',
      'hello',
      text.slice(0, 60),
      text.replace('smp=', 'spm='),
      text.replace('v%3D2-3', 'v%3D3-2'),
      `${text} x`,
    ];
    for (const link of bad) expect(() => a.parseConnectionLink(link), link).toThrow(DecodeError);
  });
});
