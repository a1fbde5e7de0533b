/** Codecs and text forms of the agent protocol: round trip, truncation, a byte too many, and garbage. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../../src/agent/protocol/index.ts';
import { CryptoError, encodePublicKeyDer, generateEd25519, systemRandom } from '../../../src/crypto/index.ts';
import { type Codec, DecodeError, decode, EncodeError, encode, toBase64url } from '../../../src/encoding/index.ts';
import { formatSmpServer } from '../../../src/protocol/index.ts';
import type { QueueMode } from '../../../src/smp/protocol/index.ts';
import * as any from '../../harness/agent-arbitraries.ts';
import { anyBytes, checkCodec, expectRefused } from '../../harness/codec.ts';
import { vectors } from '../../harness/vectors.ts';

/** Fails in the one way it may, or not at all. */
function tolerates(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof CryptoError)) throw error;
  }
}

describe('codecs', () => {
  it('queue addresses', () => {
    checkCodec(a.sndQueueAddressCodec, { arbitrary: any.anySndQueueAddress });
    checkCodec(a.smpQueueInfoCodec, { arbitrary: any.anyQueueInfo });
    checkCodec(a.smpQueueUriCodec, { arbitrary: any.anyQueueUri });
  });

  it('queue modes by version', () => {
    const queue = fc.sample(any.anyQueueInfo, { numRuns: 1, seed: 1 })[0]!;
    const last = (version: number, mode: QueueMode | undefined) => {
      const bytes = encode(a.smpQueueInfoCodec, { ...queue, version, mode });
      const bare = encode(a.smpQueueInfoCodec, { ...queue, version, mode: undefined });
      return String.fromCharCode(...bytes.subarray(bare.length));
    };
    expect([last(3, 'messaging'), last(3, 'contact'), last(4, 'messaging'), last(4, 'contact')]).toEqual([
      'T',
      '',
      'M',
      'C',
    ]);
    const bytes = encode(a.smpQueueInfoCodec, { ...queue, version: 3, mode: undefined });
    expect(decode(a.smpQueueInfoCodec, Uint8Array.of(...bytes, 0x46)).mode).toBe('contact');
    expectRefused(a.smpQueueInfoCodec, Uint8Array.of(...bytes, 0x54, 0x54));
    expectRefused(a.smpQueueInfoCodec, Uint8Array.of(...bytes, 0x58));
  });

  it('messages between agents', () => {
    checkCodec(a.aMessageCodec, { arbitrary: any.anyBoundedAMessage });
    checkCodec(a.aMessageCodec, { arbitrary: any.anyOpenAMessage, takesRest: true });
    checkCodec(a.agentMessageCodec, { arbitrary: any.anyBoundedAgentMessage });
    checkCodec(a.agentMessageCodec, { arbitrary: any.anyOpenAgentMessage, takesRest: true });
  });

  it('unknown tags, and lists that are empty', () => {
    const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
    for (const bad of ['', 'X', 'Q', 'QX', 'QQ', 'h', 'HH', 'V\0', 'QA\0', 'QK\0', 'QU\0', 'QT\0']) {
      expectRefused(a.aMessageCodec, bytes(bad));
    }
    for (const bad of ['', 'X', 'D\0', 'M']) expectRefused(a.agentMessageCodec, bytes(bad));
    for (const bad of ['', '\0', '\0\x07', '\0\x07X', '\0\x07C2', '\0\x07C']) {
      expectRefused(a.agentEnvelopeCodec, bytes(bad));
    }
    for (const kind of ['A_RCVD', 'QADD', 'QKEY', 'QUSE', 'QTEST'] as const) {
      const empty = { kind, receipts: [], queues: [] } as unknown as a.AMessage;
      expect(() => encode(a.aMessageCodec, empty)).toThrow(EncodeError);
    }
  });

  it('envelopes', () => {
    checkCodec(a.agentEnvelopeCodec, { arbitrary: any.anyEnvelope, takesRest: true });
    const e2eParams = fc.sample(any.anyKemE2eParams, { numRuns: 2, seed: 2 });
    const version = 7;
    const encrypted = Uint8Array.of(1, 2);
    checkCodec(a.agentEnvelopeCodec, {
      examples: e2eParams.map((params) => ({ kind: 'confirmation', version, e2eParams: params, encrypted })),
      takesRest: true,
    });
    checkCodec(a.agentEnvelopeCodec, {
      examples: e2eParams.map((params) => ({ kind: 'ratchetKey', version, e2eParams: params, info: encrypted })),
      takesRest: true,
    });
  });

  it('links', () => {
    const hasKem = (link: a.ConnectionLink) => link.kind === 'invitation' && link.e2eParams.kem !== undefined;
    checkCodec(a.connectionLinkCodec, { arbitrary: any.anyBinaryLink.filter((link) => !hasKem(link)) });
    // Links with KEM keys are long: a few are cut at each byte.
    const long = fc.sample(any.anyBinaryLink, { numRuns: 60, seed: 3 }).filter(hasKem);
    checkCodec(a.connectionLinkCodec, { examples: long.slice(0, 2) });
    fc.assert(
      fc.property(any.anyBinaryLink, (link) => {
        expect(decode(a.connectionLinkCodec, encode(a.connectionLinkCodec, link))).toEqual(link);
      }),
    );
  });
});

describe('text', () => {
  it('queues, round trip', () => {
    fc.assert(
      fc.property(any.anyTextQueue, (queue) => {
        expect(a.parseSmpQueueUri(a.formatSmpQueueUri(queue))).toEqual(queue);
      }),
      { numRuns: 200 },
    );
  });

  it('links, round trip', () => {
    fc.assert(
      fc.property(any.anyTextLink, (link) => {
        const text = a.formatConnectionLink(link);
        expect(text).toMatch(/^[!-~]+$/);
        expect(a.parseConnectionLink(text)).toEqual(link);
        for (const wrong of [` ${text}`, `${text} `, `${text}\n`, text.slice(1)]) {
          expect(() => a.parseConnectionLink(wrong)).toThrow(DecodeError);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('links that are cut never throw anything else', () => {
    fc.assert(
      fc.property(any.anyTextLink, (link) => {
        const text = a.formatConnectionLink(link);
        for (let length = 0; length < Math.min(text.length, 600); length++) {
          tolerates(() => a.parseConnectionLink(text.slice(0, length)));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('other text is refused', () => {
    const piece = fc.constantFrom(
      ...['simplex:', 'https://', 'smp://', '/invitation', '/contact', '#/?', 'v=', '2-7', '&smp=', ';', '&e2e=', '%'],
      ...[
        'x3dh=',
        ',',
        '&data=',
        '%3D',
        '%FF',
        '=',
        '&',
        '@',
        'host',
        ':',
        '/',
        '#',
        '+',
        ' ',
        '\n',
        'é',
        '\ud800',
        '',
      ],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (garbage) => {
        for (const parse of [a.parseConnectionLink, a.parseSmpQueueUri]) {
          expect(() => parse(garbage)).toThrow(DecodeError);
        }
        tolerates(() => a.parseConnectionLink(`simplex:/contact#/?${garbage}`));
        tolerates(() => a.parseConnectionLink(`simplex:/invitation#/?v=7&smp=${garbage}`));
        tolerates(() => a.parseSmpQueueUri(`smp://${garbage}`));
      }),
      { numRuns: 1_000 },
    );
  });

  it('long text is answered at once', () => {
    const started = performance.now();
    for (const part of ['/', '#', ';', '&', '=', '%', ':', '1', ':1', '@', 'smp://', 'A', '[', ',']) {
      const long = part.repeat(100_000);
      for (const text of [long, `simplex:/contact#/?${long}`, `simplex:/contact#/?v=7&smp=${long}`, `smp://${long}`]) {
        expect(() => a.parseConnectionLink(text)).toThrow(DecodeError);
        tolerates(() => a.parseSmpQueueUri(text));
        tolerates(() => a.parseSmpQueueUri(`smp://a@${text}/AAAA#/?v=4`));
      }
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('text with half a surrogate pair cannot be said', () => {
    const link = a.parseConnectionLink(vectors<{ full: { text: string }[] }>('links').full[0]!.text);
    expect(() => a.formatConnectionLink({ ...link, clientData: '\ud800' })).toThrow(EncodeError);
  });

  describe('says nothing that the binary form cannot', () => {
    const queue = fc.sample(any.anyTextQueue, { numRuns: 1, seed: 4 })[0]!;
    const old: a.SmpQueueUri = { ...queue, versions: { min: 1, max: 4 } };
    const uri = (change: Partial<a.SmpQueueUri>) => a.formatSmpQueueUri({ ...queue, ...change });
    const withHosts = (...hosts: string[]) => a.formatSmpQueueUri({ ...old, server: { ...queue.server, hosts } });

    it('hosts in `srv`', () => {
      const hosts = ['a.example', '2001:db8::1', 'b.example'];
      const text = withHosts(...hosts);
      expect(decodeURIComponent(text)).toContain('&srv=[2001:db8::1],b.example');
      expect(a.parseSmpQueueUri(text).server.hosts).toEqual(hosts);
      for (const bad of ['', 'x y', 'x@y', 'x/y', 'x#y', 'evil:1', 'x;y', 'x'.repeat(256)]) {
        expect(() => a.parseSmpQueueUri(withHosts('a.example', bad)), bad).toThrow(DecodeError);
      }
      expect(() => a.parseSmpQueueUri(withHosts(...new Array<string>(256).fill('h')))).toThrow(DecodeError);
    });

    it('ids, keys, servers and versions', () => {
      expect(() => a.parseSmpQueueUri(uri({ senderId: new Uint8Array(256) }))).toThrow(DecodeError);
      const text = uri({});
      const server = formatSmpServer(queue.server);
      for (const bad of [
        text.replace('smp://', 'xftp://'),
        text.replace(server, 'smp://'),
        text.replace('dh=', 'hd='),
        text.replace('dh=MCow', 'dh=MCox'),
        text.replace('?v=', '?w='),
        text.replace('?v=', '?v=x'),
        text.replace('?v=', '?v=%'),
      ]) {
        expect(bad).not.toBe(text);
        tolerates(() => a.parseSmpQueueUri(bad));
        expect(() => a.parseSmpQueueUri(bad), bad).toThrow();
      }
    });

    it('KEM keys of other sizes', () => {
      const text = vectors<{ full: { name: string; text: string }[] }>('links').full.find((l) =>
        l.name.includes('PQ key'),
      )!.text;
      const link = a.parseConnectionLink(text);
      if (link.kind !== 'invitation') throw new Error('an invitation');
      const withKem = (kem: a.E2EParamsUri['kem']) =>
        a.formatConnectionLink({ ...link, e2eParams: { ...link.e2eParams, kem } });
      const sized = (n: number) => new Uint8Array(n);
      const accepted = withKem({ kind: 'accepted', publicKey: sized(1158), ciphertext: sized(1039) });
      expect(a.parseConnectionLink(accepted)).toMatchObject({ e2eParams: { kem: { kind: 'accepted' } } });
      for (const size of [0, 32, 1157, 1159]) {
        const proposed = withKem({ kind: 'proposed', publicKey: sized(size) });
        expect(() => a.parseConnectionLink(proposed), `${size}`).toThrow(DecodeError);
        const answered = withKem({ kind: 'accepted', publicKey: sized(1158), ciphertext: sized(size) });
        expect(() => a.parseConnectionLink(answered), `${size}`).toThrow(DecodeError);
      }
      const other = toBase64url(sized(68));
      const keys = text.replace(/x3dh%3D.*?%2C/, `x3dh%3D${encodeURIComponent(other)}%2C`);
      expect(() => a.parseConnectionLink(keys)).toThrow(CryptoError);
    });

    it('anything but two X448 keys', () => {
      const { full } = vectors<{ full: { text: string }[] }>('links');
      const { text } = full.find((link) => link.text.includes('x3dh%3D'))!;
      const [, former] = /x3dh%3D(.*?)(?=%26|&|$)/.exec(text)!;
      const [one, two] = decodeURIComponent(former!).split(',') as [string, string];
      const ed25519 = toBase64url(encodePublicKeyDer('ed25519', generateEd25519(systemRandom).publicKey));
      const withKeys = (...keys: string[]) => text.replace(former!, encodeURIComponent(keys.join(',')));
      expect(a.parseConnectionLink(withKeys(one, two)).kind).toBe(a.parseConnectionLink(text).kind);
      for (const wrong of [[one], [one, two, two], [ed25519, two], [one, ed25519]]) {
        expect(() => a.parseConnectionLink(withKeys(...wrong))).toThrow('link has no two X448 keys');
      }
    });

    it('client data longer than 65,535 bytes', () => {
      const link = a.parseConnectionLink(vectors<{ full: { text: string }[] }>('links').full[0]!.text);
      const clientData = 'x'.repeat(0xffff);
      expect(a.parseConnectionLink(a.formatConnectionLink({ ...link, clientData })).clientData).toBe(clientData);
      const longer = a.formatConnectionLink({ ...link, clientData: `${clientData}x` });
      expect(() => a.parseConnectionLink(longer)).toThrow(DecodeError);
    });
  });
});

describe('random bytes', () => {
  const codecs = {
    aMessage: a.aMessageCodec,
    agentMessage: a.agentMessageCodec,
    agentEnvelope: a.agentEnvelopeCodec,
    queueInfo: a.smpQueueInfoCodec,
    queueUri: a.smpQueueUriCodec,
    sndQueueAddress: a.sndQueueAddressCodec,
    connectionLink: a.connectionLinkCodec,
  } as unknown as Readonly<Record<string, Codec<unknown>>>;
  it.each(Object.keys(codecs))('%s', (name) => {
    fc.assert(
      fc.property(anyBytes(200), (bytes) => {
        tolerates(() => decode(codecs[name]!, bytes));
      }),
      { numRuns: 1_000 },
    );
  });
});
