/** Decoders of SMP on bytes that are almost right: they decode, or refuse in the one way they may. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { CryptoError } from '../../src/crypto/index.ts';
import { type Codec, DecodeError, decode, encode } from '../../src/encoding/index.ts';
import { authorizedCodec, smpServerCodec, transmissionCodec } from '../../src/protocol/index.ts';
import {
  clientMessageCodec,
  clientMsgEnvelopeCodec,
  commandCodec,
  deliveryCodec,
  errorTypeCodec,
  hasCommandName,
  responseCodec,
} from '../../src/smp/protocol/index.ts';
import { batchCodec, clientHelloCodec, serverHelloCodec } from '../../src/transport/index.ts';
import { anyBytes } from '../harness/codec.ts';
import { anyBoundedCommand, anyErrorType, anyOpenCommand, anyResponse, mutated } from '../harness/smp-arbitraries.ts';

function survives<T>(codec: Codec<T>, input: fc.Arbitrary<Uint8Array>): void {
  fc.assert(
    fc.property(input, (bytes) => {
      try {
        decode(codec, bytes);
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof CryptoError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
}

describe('almost right', () => {
  const of = <T>(codec: Codec<T>, values: fc.Arbitrary<T>) => mutated(values.map((value) => encode(codec, value)));
  it('commands', () => {
    survives(commandCodec, of(commandCodec, fc.oneof(anyBoundedCommand, anyOpenCommand)));
    fc.assert(fc.property(anyBytes(20), (bytes) => typeof hasCommandName(bytes) === 'boolean'));
  });
  it('responses', () => survives(responseCodec(12), of(responseCodec(12), anyResponse)));
  it('errors', () => survives(errorTypeCodec, of(errorTypeCodec, anyErrorType)));
});

describe('random', () => {
  const codecs: readonly (readonly [string, Codec<never>])[] = [
    ['batch', batchCodec],
    ['transmission', transmissionCodec],
    ['authorized part', authorizedCodec],
    ['server hello', serverHelloCodec],
    ['client hello', clientHelloCodec],
    ['server', smpServerCodec],
    ['envelope', clientMsgEnvelopeCodec],
    ['client message', clientMessageCodec],
    ['delivery', deliveryCodec],
  ] as unknown as readonly (readonly [string, Codec<never>])[];
  for (const [name, codec] of codecs) it(name, () => survives(codec, anyBytes(200)));
});
