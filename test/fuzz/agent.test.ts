/**
 * Decoders of the agent protocol on recorded values with a few bytes changed: they decode, or refuse in the one way
 * they may, and what they decode can be encoded. The changes are the same in each run.
 */
import { describe, expect, it } from 'vitest';
import * as a from '../../src/agent/protocol/index.ts';
import { CryptoError } from '../../src/crypto/index.ts';
import { type Codec, DecodeError, decode, encode, latin1, utf8 } from '../../src/encoding/index.ts';
import { hex, vectors } from '../harness/vectors.ts';

const INPUTS = 20_000;

interface AgentVectors {
  readonly agentInvitation: { readonly hex: string };
  readonly agentMessages: readonly { readonly hex: string }[];
  readonly envelopes: readonly { readonly hex: string }[];
  readonly queueInfo: string;
  readonly queueUri: readonly { readonly hex: string; readonly text: string }[];
}
const agent = vectors<AgentVectors>('agent');
const { full } = vectors<{ readonly full: readonly { readonly hex: string; readonly text: string }[] }>('links');

/** Whole numbers below a bound, always the same ones (xorshift32). */
function numbers(seed: number): (bound: number) => number {
  let x = seed | 1;
  return (bound) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % bound;
  };
}

/** Bytes that mean something to one of the decoders. */
const telling = [0, 1, 2, 3, 4, 0x20, 0x7f, 0xff, ...utf8('01MCTFHQVEDIRS%&=#;:/,@?[]+-')];

/** One to three changes: a byte replaced, added or taken out, a bit turned, a part cut off or said twice. */
function mutate(input: Uint8Array, next: (bound: number) => number): Uint8Array {
  let bytes = input;
  for (let n = 1 + next(3); n > 0; n--) {
    const at = next(bytes.length + 1);
    const value = next(2) === 0 ? telling[next(telling.length)]! : next(256);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (next(6)) {
      case 0:
        bytes = bytes.slice();
        if (at < bytes.length) bytes[at] = value;
        break;
      case 1:
        bytes = join(before, Uint8Array.of(value), after);
        break;
      case 2:
        bytes = join(before, after.subarray(1));
        break;
      case 3:
        bytes = bytes.slice();
        if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << next(8));
        break;
      case 4:
        bytes = next(4) === 0 ? before : join(before, after.subarray(next(8)));
        break;
      default:
        bytes = join(before, after.subarray(0, next(40)), after);
    }
  }
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Runs the mutants; returns how many were read and how many refused. */
function fuzz(inputs: readonly Uint8Array[], read: (bytes: Uint8Array) => () => void): [number, number] {
  const next = numbers(0x5077);
  const counts: [number, number] = [0, 0];
  for (let i = 0; i < INPUTS; i++) {
    const bytes = mutate(inputs[i % inputs.length]!, next);
    let again: () => void;
    try {
      again = read(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof CryptoError)) throw error;
      counts[1]++;
      continue;
    }
    counts[0]++;
    again();
  }
  return counts;
}

const binary =
  <T>(codec: Codec<T>) =>
  (bytes: Uint8Array) => {
    const value = decode(codec, bytes);
    return () => encode(codec, value);
  };

const text =
  <T>(parse: (text: string) => T, format: (value: T) => string) =>
  (bytes: Uint8Array) => {
    const value = parse(latin1(bytes));
    return () => format(value);
  };

const messages = agent.agentMessages.map((m) => hex(m.hex));
/** After the tag, the number and the hash of the one before. */
const HEADER_SIZE = 1 + 8 + 33;
const inner = messages.filter((m) => m[0] === 0x4d).map((m) => m.subarray(HEADER_SIZE));
const queueInfo = hex(agent.queueInfo);
const sndAddress = inner.find((m) => latin1(m).startsWith('QC'))!.subarray(2);

describe(`${INPUTS} mutants of the recorded values`, () => {
  const cases: readonly [string, readonly Uint8Array[], (bytes: Uint8Array) => () => void][] = [
    ['aMessageCodec', inner, binary(a.aMessageCodec)],
    ['agentMessageCodec', messages, binary(a.agentMessageCodec)],
    [
      'agentEnvelopeCodec',
      [...agent.envelopes.map((e) => hex(e.hex)), hex(agent.agentInvitation.hex)],
      binary(a.agentEnvelopeCodec),
    ],
    ['queueInfoCodec', [queueInfo], binary(a.queueInfoCodec)],
    ['queueUriCodec', agent.queueUri.map((q) => hex(q.hex)), binary(a.queueUriCodec)],
    ['sndQueueAddressCodec', [sndAddress], binary(a.sndQueueAddressCodec)],
    ['connectionLinkCodec', full.map((link) => hex(link.hex)), binary(a.connectionLinkCodec)],
    ['parseQueueUri', agent.queueUri.map((q) => utf8(q.text)), text(a.parseQueueUri, a.formatQueueUri)],
    [
      'parseConnectionLink',
      full.map((link) => utf8(link.text)),
      text(a.parseConnectionLink, (link) => {
        encode(a.connectionLinkCodec, link);
        return a.formatConnectionLink(link);
      }),
    ],
  ];
  it.each(cases)('%s', (_, inputs, read) => {
    for (const input of inputs) read(input)();
    const [good, bad] = fuzz(inputs, read);
    expect(good + bad).toBe(INPUTS);
    // Both ways are taken, or nothing was tested.
    expect(Math.min(good, bad)).toBeGreaterThan(100);
  });
});
