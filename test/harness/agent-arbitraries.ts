/** Random agent messages, queue addresses and links. */
import fc from 'fast-check';
import type {
  AgentEnvelope,
  AgentMessage,
  AMessage,
  ConnectionLink,
  E2EParamsUri,
  SmpQueueInfo,
  SmpQueueUri,
  SndQueueAddress,
} from '../../src/agent/protocol/index.ts';
import type { AuthPublicKey, SmpServer, VersionRange } from '../../src/protocol/index.ts';
import type { E2EParams, KemParams } from '../../src/ratchet/index.ts';
import type { QueueMode } from '../../src/smp/protocol/index.ts';
import { anyBytes, exactBytes } from './codec.ts';

/** Long values that are cheap to generate: their content does not matter. */
const longBytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.nat().map((seed) => Uint8Array.from({ length }, (_, i) => (Math.imul(seed + i, 0x9e3779b1) >>> 24) & 0xff));

const anyText: fc.Arbitrary<string> = fc.string({ unit: 'binary', maxLength: 30 });

/** Below 0x4000: a larger first byte could be read as a queue mode. */
const range = (min: number): fc.Arbitrary<VersionRange> =>
  fc.tuple(fc.integer({ min, max: 0x3fff }), fc.nat(20)).map(([from, more]) => ({ min: from, max: from + more }));

const name = fc.stringMatching(/^[a-z0-9]{1,8}(\.[a-z0-9-]{1,8}){0,3}$/);
const host = fc.oneof(
  name,
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('a-b.example', 'under_score', 'x.onion', 'UPPER.example'),
);
const anyServer: fc.Arbitrary<SmpServer> = fc.record({
  hosts: fc.array(host, { minLength: 1, maxLength: 4 }),
  port: fc.oneof(fc.constant(''), fc.nat(65_535).map(String)),
  keyHash: exactBytes(32),
});

const senderId = exactBytes(24);
const dhPublicKey = exactBytes(32);
const modes: readonly QueueMode[] = ['messaging', 'contact'];

/** The text form can express any mode in any version. */
export const anyTextQueue: fc.Arbitrary<SmpQueueUri> = fc.record({
  server: anyServer,
  senderId,
  dhPublicKey,
  mode: fc.constantFrom(...modes, undefined),
  versions: range(0),
});

/** In binary, versions below 4 can only express `messaging` or no mode. */
const oldModes = { server: anyServer, senderId, dhPublicKey, mode: fc.constantFrom('messaging' as const, undefined) };
const newModes = { ...oldModes, mode: fc.constantFrom(...modes, undefined) };
const oldRange = fc.tuple(fc.nat(3), fc.nat(20)).map(([min, more]) => ({ min, max: min + more }));
export const anyQueueUri: fc.Arbitrary<SmpQueueUri> = fc.oneof(
  fc.record({ ...oldModes, versions: oldRange }),
  fc.record({ ...newModes, versions: range(4) }),
);
export const anyQueueInfo: fc.Arbitrary<SmpQueueInfo> = fc.oneof(
  fc.record({ ...oldModes, version: fc.nat(3) }),
  fc.record({ ...newModes, version: fc.integer({ min: 4, max: 0xffff }) }),
);
export const anySndQueueAddress: fc.Arbitrary<SndQueueAddress> = fc.record({ server: anyServer, senderId });

const proposedKem = fc.record({ kind: fc.constant('proposed' as const), publicKey: longBytes(1158) });
const acceptedKem = fc.record({
  kind: fc.constant('accepted' as const),
  ciphertext: longBytes(1039),
  publicKey: longBytes(1158),
});
export const anyKem: fc.Arbitrary<KemParams> = fc.oneof(proposedKem, acceptedKem);
const x448Keys = { key1: exactBytes(56), key2: exactBytes(56) };
const noKem = fc.constant(undefined);
export const anyE2eParams: fc.Arbitrary<E2EParams> = fc.record({
  version: fc.integer({ min: 3, max: 0xffff }),
  ...x448Keys,
  kem: noKem,
});
export const anyKemE2eParams: fc.Arbitrary<E2EParams> = fc.record({
  version: fc.integer({ min: 3, max: 0xffff }),
  ...x448Keys,
  kem: anyKem,
});
const anyE2eParamsUri: fc.Arbitrary<E2EParamsUri> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ versions: range(0), ...x448Keys, kem: noKem }) },
  { weight: 1, arbitrary: fc.record({ versions: range(3), ...x448Keys, kem: anyKem }) },
);

const authKey: fc.Arbitrary<AuthPublicKey> = fc.oneof(
  fc.record({ algorithm: fc.constantFrom('ed25519' as const, 'x25519' as const), key: exactBytes(32) }),
  fc.record({ algorithm: fc.constant('ed448' as const), key: exactBytes(57) }),
);

const few = <T>(items: fc.Arbitrary<T>) => fc.array(items, { minLength: 1, maxLength: 3 });
const kind = <K extends string>(name: K) => fc.constant(name);
const id = fc.maxSafeInteger();
const receipt = fc.record({ sndMsgId: id, hash: anyBytes(32), info: anyBytes(20) });

/** Messages that end by themselves; excludes those whose last field takes all remaining bytes. */
export const anyBoundedAMessage: fc.Arbitrary<AMessage> = fc.oneof(
  fc.record({ kind: kind('HELLO') }),
  fc.record({ kind: kind('A_RCVD'), receipts: few(receipt) }),
  fc.record({ kind: kind('A_QCONT'), queue: anySndQueueAddress }),
  fc.record({
    kind: kind('QADD'),
    queues: few(fc.tuple(anyQueueUri, fc.option(anySndQueueAddress, { nil: undefined }))),
  }),
  fc.record({ kind: kind('QKEY'), queues: few(fc.tuple(anyQueueInfo, authKey)) }),
  fc.record({ kind: kind('QUSE'), queues: few(fc.tuple(anySndQueueAddress, fc.boolean())) }),
  fc.record({ kind: kind('QTEST'), queues: few(anySndQueueAddress) }),
  fc.record({ kind: kind('EREADY'), lastReceived: id }),
);
export const anyOpenAMessage: fc.Arbitrary<AMessage> = fc.record({ kind: kind('A_MSG'), body: anyBytes(60) });

const inMessage = (message: fc.Arbitrary<AMessage>): fc.Arbitrary<AgentMessage> =>
  fc.record({ kind: kind('message'), sndMsgId: id, prevHash: anyBytes(32), message });
export const anyBoundedAgentMessage: fc.Arbitrary<AgentMessage> = inMessage(anyBoundedAMessage);
/** What follows queues begins like JSON or compressed bytes, never with the letter of a mode. */
const info = anyBytes(40).map((bytes) => Uint8Array.of(0x7b, ...bytes));
const modern = fc.record({ ...newModes, version: fc.constant(4) });
export const anyOpenAgentMessage: fc.Arbitrary<AgentMessage> = fc.oneof(
  inMessage(anyOpenAMessage),
  fc.record({ kind: kind('connInfo'), info }),
  fc.record({ kind: kind('connInfoReply'), queues: few(modern), info }),
  fc.record({ kind: kind('ratchetInfo'), info: anyBytes(20) }),
);

const version = fc.nat(0xffff);
const encrypted = anyBytes(60);
export const anyEnvelope: fc.Arbitrary<AgentEnvelope> = fc.oneof(
  fc.record({
    kind: kind('confirmation'),
    version,
    e2eParams: fc.option(anyE2eParams, { nil: undefined }),
    encrypted,
  }),
  fc.record({ kind: kind('message'), version, encrypted }),
  fc.record({ kind: kind('invitation'), version, link: anyText, info: encrypted }),
  fc.record({ kind: kind('ratchetKey'), version, e2eParams: anyE2eParams, info: encrypted }),
);

const scheme = fc.oneof(
  fc.constantFrom('simplex:', 'https://simplex.chat', 'https://localhost:8080'),
  name.map((host) => `https://${host}`),
);
const link = (scheme: fc.Arbitrary<string>, queue: fc.Arbitrary<SmpQueueUri>): fc.Arbitrary<ConnectionLink> => {
  const base = {
    scheme,
    agentVersions: range(0),
    queues: few(queue),
    clientData: fc.option(anyText, { nil: undefined }),
  };
  return fc.oneof(
    fc.record({ kind: kind('contact'), ...base }),
    fc.record({ kind: kind('invitation'), ...base, e2eParams: anyE2eParamsUri }),
  );
};
export const anyTextLink: fc.Arbitrary<ConnectionLink> = link(scheme, anyTextQueue);
/** The binary form has no scheme, and every queue has a mode. */
export const anyBinaryLink: fc.Arbitrary<ConnectionLink> = link(
  fc.constant('simplex:'),
  fc.oneof(
    fc.record({ ...newModes, mode: fc.constantFrom(...modes), versions: range(4) }),
    fc.record({ ...newModes, mode: fc.constant('messaging' as const), versions: oldRange }),
  ),
);
