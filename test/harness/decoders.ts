/** All decoders of untrusted input, with valid samples. */

import fc from 'fast-check';
import { AgentError } from '../../src/agent/index.ts';
import * as agent from '../../src/agent/protocol/index.ts';
import { initiatorSecretsCodec } from '../../src/agent/store/secrets.ts';
import { parseName } from '../../src/apps/cli/name-syntax.ts';
import * as chat from '../../src/chat/protocol/index.ts';
import { decodeJson } from '../../src/chat/protocol/json.ts';
import * as crypto from '../../src/crypto/index.ts';
import * as e from '../../src/encoding/index.ts';
import { HostingError, parseIni } from '../../src/hosting/index.ts';
import * as protocol from '../../src/protocol/index.ts';
import * as ratchet from '../../src/ratchet/index.ts';
import { encryptedHeaderCodec, encryptedMessageCodec, messageHeaderCodec } from '../../src/ratchet/message.ts';
import * as smp from '../../src/smp/protocol/index.ts';
import { queueRecordCodec, queueStateCodec, storedMessageCodec } from '../../src/smp/server/store/record-codec.ts';
import * as transport from '../../src/transport/index.ts';
import * as any from './agent-arbitraries.ts';
import { skippedKeysOf } from './skipped-keys.ts';
import { anyBoundedCommand, anyErrorType, anyOpenCommand, anyResponse } from './smp-arbitraries.ts';
import { message, queueRecord } from './smp-records.ts';
import { testIdentity } from './smp-server.ts';
import { hex, vectors } from './vectors.ts';

export interface Decoder {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  /** Decodes, and returns a function that encodes again. Throws only the errors of {@link isRefusal}. */
  readonly read: (bytes: Uint8Array) => () => unknown;
  /** `both`: some inputs must be accepted and some refused. `any`: no such expectation. */
  readonly outcomes: 'both' | 'any';
}

/** The errors that decoders may throw. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof e.DecodeError ||
  error instanceof crypto.CryptoError ||
  error instanceof ratchet.RatchetError ||
  error instanceof AgentError ||
  error instanceof HostingError ||
  error instanceof transport.TransportError;

const SAMPLES = 40;
const sampled = <T>(arbitrary: fc.Arbitrary<T>): readonly T[] => fc.sample(arbitrary, { numRuns: SAMPLES, seed: 7 });
const some = <T>(codec: e.Codec<T>, values: readonly T[]) => values.map((value) => e.encode(codec, value).slice());

function binary<T>(
  name: string,
  codec: e.Codec<T>,
  values: readonly T[] | fc.Arbitrary<T>,
  outcomes: Decoder['outcomes'] = 'both',
): Decoder {
  const samples = some(codec, 'generate' in values ? sampled(values) : values);
  const read = (bytes: Uint8Array) => {
    const value = e.decode(codec, bytes);
    return () => e.encode(codec, value);
  };
  return { name, samples, read, outcomes };
}

function recorded<T>(name: string, codec: e.Codec<T>, samples: readonly Uint8Array[]): Decoder {
  return { ...binary<T>(name, codec, []), samples };
}

function text<T>(
  name: string,
  samples: readonly string[],
  parse: (text: string) => T,
  format: (value: T) => unknown = () => {},
  outcomes: Decoder['outcomes'] = 'both',
): Decoder {
  const read = (bytes: Uint8Array) => {
    const value = parse(e.latin1(bytes));
    return () => format(value);
  };
  return { name, samples: samples.map(e.utf8), read, outcomes };
}

function reading(
  name: string,
  samples: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  outcomes: Decoder['outcomes'] = 'both',
): Decoder {
  return {
    name,
    samples,
    read: (bytes) => {
      read(bytes);
      return () => {};
    },
    outcomes,
  };
}

const filled = (length: number) => new Uint8Array(length).fill(1);

function encodingDecoders(): readonly Decoder[] {
  const shortBytes = fc.uint8Array({ maxLength: 30 });
  return [
    binary('bytes', e.bytes, shortBytes),
    binary('large', e.large, shortBytes),
    binary('text', e.shortText, fc.string({ maxLength: 20 })),
    binary('int64', e.int64, fc.maxSafeInteger()),
    binary('list', e.list(e.bytes), fc.array(shortBytes, { maxLength: 5 })),
    binary('maybe', e.maybe(e.large), fc.option(shortBytes, { nil: undefined })),
    text('base64url', ['AAECAwQFBgcICQ==', 'AAEC'], e.fromBase64url, e.toBase64url),
    reading('UTF-8', [e.utf8('plain'), e.utf8('ünïcödé 👍')], e.fromUtf8),
  ];
}

function smpDecoders(): readonly Decoder[] {
  const { cases } = vectors<{ cases: { transmission: string; batchOfOne: string; version: number }[] }>('transmission');
  const ofVersions = (services: boolean) => cases.filter(({ version }) => version >= 16 === services);
  const commands = [...sampled(anyBoundedCommand), ...sampled(anyOpenCommand)];
  const delivery: smp.Delivery = {
    kind: 'message',
    timestamp: 1,
    flags: { notification: true },
    body: filled(20),
  };
  return [
    ...[false, true].map((services) =>
      recorded(
        services ? 'transmissions of services' : 'transmissions',
        protocol.transmissionCodec(services),
        ofVersions(services).map((c) => hex(c.transmission)),
      ),
    ),
    recorded(
      'authorized parts',
      protocol.authorizedCodec,
      ofVersions(false).map((c) => e.decode(protocol.transmissionCodec(false), hex(c.transmission)).authorized),
    ),
    recorded(
      'batches',
      transport.batchCodec,
      cases.map((c) => hex(c.batchOfOne)),
    ),
    ...[9, 15, 18].map((v) => binary(`commands of version ${v}`, smp.commandCodec(v), commands)),
    reading('command names', some(smp.commandCodec(18), commands), smp.hasCommandName, 'any'),
    ...[9, 12, 15, 16, 18].map((v) => binary(`responses of version ${v}`, smp.responseCodec(v), sampled(anyResponse))),
    binary('errors', smp.errorTypeCodec, anyErrorType),
    binary('forwarded commands', smp.forwardedCommandCodec, [
      { corrId: filled(24), version: 12, key: filled(32), transmission: filled(20) },
    ]),
    binary('forwarded responses', smp.forwardedResponseCodec, [{ corrId: filled(24), response: filled(20) }]),
    ...forwardingLayers(),
    binary('deliveries', smp.deliveryCodec, [delivery, { kind: 'quota', timestamp: 1 }]),
    binary(
      'server addresses',
      protocol.smpServerCodec,
      any.anySndQueueAddress.map(({ server }) => server),
    ),
    text(
      'server addresses as text',
      vectors<{ serverAddresses: string[] }>('links').serverAddresses,
      protocol.parseSmpServer,
      ({ server, password }) => protocol.formatSmpServer(server, password),
    ),
    reading('padding', [crypto.pad(filled(10), 40)], crypto.unPad),
  ];
}

/** Layers of private routing: whether decryption succeeds does not depend on the content. */
function forwardingLayers(): readonly Decoder[] {
  const [secret, corrId] = [filled(32), filled(24)];
  const answer = smp.sealAnswer(secret, corrId, filled(40));
  const inner = e.encode(transport.batchCodec, [filled(40)]);
  const seal = (bytes: Uint8Array) => crypto.boxSealPadded(secret, corrId, bytes, smp.FORWARDED_SIZE);
  return [
    reading('answers through a proxy', [answer], (sealed) => smp.openAnswer(secret, corrId, sealed), 'any'),
    reading('commands through a proxy', [inner], (batch) => smp.openCommand(secret, corrId, seal(batch)), 'any'),
  ];
}

function handshakeDecoders(): readonly Decoder[] {
  const v = vectors<{
    serverHello: string;
    tlsFinishedOfClient: string;
    leafCertificateDer: string;
    caCertificateDer: string;
    serverIdentity: string;
    parsed: { signedKey: string };
    clientHello: { hexByVersion: Record<string, string> };
  }>('handshake');
  const [leaf, ca] = [hex(v.leafCertificateDer), hex(v.caCertificateDer)];
  const keys = crypto.generateX25519(crypto.systemRandom);
  const identity = testIdentity();
  const own = { versions: { min: 9, max: 18 }, sessionId: hex(v.tlsFinishedOfClient), keys };
  const clientHellos = [9, 12, 14, 16, 18].map((version) => hex(v.clientHello.hexByVersion[version]!));
  const helloToUs = e.encode(transport.clientHelloCodec, {
    version: 12,
    keyHash: crypto.certificateFingerprint(identity.chain[1]!),
    sessionKey: keys.publicKey,
    proxy: false,
    service: undefined,
  });
  const nowMs = Date.parse('2027-01-01');
  const key = crypto.encodePublicKeyDer('x25519', keys.publicKey);
  const relay = { hosts: ['relay'], port: '', keyHash: e.fromBase64url(v.serverIdentity) };
  const proxyAnswer = e.encode(smp.responseCodec(9), {
    kind: 'PKEY',
    sessionId: filled(32),
    versions: own.versions,
    key: { certificates: [leaf, ca], signedKey: hex(v.parsed.signedKey) },
  });
  return [
    recorded('server hellos', transport.serverHelloCodec, [hex(v.serverHello)]),
    recorded('client hellos', transport.clientHelloCodec, clientHellos),
    reading('the client’s step of the handshake', [hex(v.serverHello)], (hello) =>
      transport.answerServerHello(
        { ...own, peerChain: [leaf, ca], keyHash: e.fromBase64url(v.serverIdentity), nowMs },
        hello,
      ),
    ),
    reading(
      'the server’s step of the handshake',
      [helloToUs],
      (hello) => transport.acceptClientHello({ ...own, ...identity }, hello),
      'any',
    ),
    reading('certificates', [leaf, ca], (der) => crypto.verifyChain([der, ca], nowMs), 'any'),
    reading('identities', [ca], (der) => crypto.verifyChain([leaf, der], nowMs), 'any'),
    reading('certified keys', [leaf, ca], crypto.certificateKey),
    reading(
      'what a proxy says of a relay',
      [proxyAnswer],
      (answer) => {
        const response = e.decode(smp.responseCodec(9), answer);
        if (response.kind === 'PKEY') smp.relaySession(response, relay, own.versions, nowMs);
      },
      'any',
    ),
    reading('signed keys', [hex(v.parsed.signedKey)], (signed) => crypto.verifySignedKey(signed, leaf), 'any'),
    reading('public keys', [key], crypto.decodePublicKeyDer),
    binary('authorization keys', protocol.authPublicKeyCodec, [{ algorithm: 'ed25519', key: filled(32) }]),
    text('versions as text', ['1-15', '3'], transport.parseVersionRange),
  ];
}

function ratchetDecoders(): readonly Decoder[] {
  const env: ratchet.RatchetEnvironment = {
    random: crypto.systemRandom,
    kem: crypto.sntrup761,
    kemKeyPair: () => keyPair,
  };
  const keyPair = crypto.generateSntrup761(crypto.systemRandom);
  const versions = { current: 3, maxSupported: 3 };
  const invitation = ratchet.initiatorParams(env, true);
  const reply = ratchet.joinerParams(env, invitation.params, true);
  const sending = ratchet.initSendingRatchet(
    env,
    versions,
    invitation.params.key2,
    ratchet.x3dhJoiner(reply.secrets, invitation.params),
  );
  const receiving = ratchet.initReceivingRatchet(
    versions,
    invitation.secrets.key2,
    ratchet.x3dhInitiator(env, invitation.secrets, reply.params),
    true,
  );
  const { key, ratchet: sent } = ratchet.nextSealingKey(sending, true);
  const sealed = ratchet.sealMessage(key, e.utf8('hello'), 200);
  const header = e.decode(encryptedMessageCodec, sealed).header;
  const headerValue = { maxVersion: 3, dhPublicKey: filled(56), previousSent: 0, number: 1 };
  const kems = sampled(any.anyKem);
  return [
    recorded('ratchet messages', encryptedMessageCodec, [sealed]),
    recorded('encrypted headers', encryptedHeaderCodec, [header.slice()]),
    binary('headers', messageHeaderCodec, [
      { ...headerValue, kem: undefined },
      { ...headerValue, kem: kems[0]! },
    ]),
    reading(
      'messages to a ratchet',
      [sealed],
      (bytes) => ratchet.decryptMessage(env, receiving, skippedKeysOf([]), bytes),
      'any',
    ),
    binary('KEM parameters', ratchet.kemParamsCodec, kems),
    binary('X3DH parameters', ratchet.e2eParamsCodec, [...sampled(any.anyE2eParams), ...sampled(any.anyKemE2eParams)]),
    binary('stored ratchets', ratchet.ratchetCodec, [sent, receiving]),
    binary('stored sealing keys', ratchet.sealingKeyCodec, [key]),
    binary('stored secrets', initiatorSecretsCodec, [invitation.secrets]),
  ];
}

function agentDecoders(): readonly Decoder[] {
  const v = vectors<{
    agentInvitation: { hex: string };
    agentMessages: { hex: string }[];
    envelopes: { hex: string }[];
    queueUri: { hex: string; text: string }[];
  }>('agent');
  const { full } = vectors<{ full: { hex: string; text: string }[] }>('links');
  return [
    binary('messages', agent.aMessageCodec, [...sampled(any.anyBoundedAMessage), ...sampled(any.anyOpenAMessage)]),
    recorded(
      'agent messages',
      agent.agentMessageCodec,
      v.agentMessages.map((m) => hex(m.hex)),
    ),
    recorded('envelopes', agent.agentEnvelopeCodec, [
      ...v.envelopes.map((m) => hex(m.hex)),
      hex(v.agentInvitation.hex),
      ...some(agent.agentEnvelopeCodec, sampled(any.anyEnvelope)),
    ]),
    binary('queues', agent.smpQueueInfoCodec, any.anyQueueInfo),
    recorded(
      'queue addresses',
      agent.smpQueueUriCodec,
      v.queueUri.map((q) => hex(q.hex)),
    ),
    binary('sending addresses', agent.sndQueueAddressCodec, any.anySndQueueAddress),
    recorded(
      'links',
      agent.connectionLinkCodec,
      full.map((link) => hex(link.hex)),
    ),
    text(
      'queue addresses as text',
      v.queueUri.map((q) => q.text),
      agent.parseSmpQueueUri,
      agent.formatSmpQueueUri,
    ),
    text(
      'links as text',
      full.map((link) => link.text),
      agent.parseConnectionLink,
      (link) => {
        e.encode(agent.connectionLinkCodec, link);
        return agent.formatConnectionLink(link);
      },
    ),
  ];
}

function chatDecoders(): readonly Decoder[] {
  const v = vectors<{ events: { json: string }[]; compressed: { body?: string }[] }>('chat');
  const events = v.events.map((event) => e.utf8(event.json));
  const batch = e.concatBytes(e.utf8('='), e.encode(e.list(e.large), events.slice(0, 3)));
  const bodies = [
    ...events,
    e.utf8(`[${v.events.map(({ json }) => json).join()}]`),
    ...v.compressed.flatMap(({ body }) => (body === undefined ? [] : [hex(body)])),
    chat.encodeChatBody(events.flatMap(messagesOf), { compress: true }),
    batch,
  ];
  const marked = '*bold* _italic_ ~struck~ `code` #secret# !1 red! https://example.com a@example.com word\n* x';
  return [
    reading('chat bodies', bodies, chat.decodeChatBody, 'any'),
    reading('JSON', events, decodeJson),
    text('markdown', [marked], chat.parseMarkdown, () => {}, 'any'),
    text('chat versions', ['1-15', '9'], chat.parseVersionRange, () => {}, 'any'),
    text('names', ['alice', "'bob b' rest"], parseName, () => {}, 'any'),
  ];
}

function messagesOf(body: Uint8Array): readonly chat.ChatMessage[] {
  return chat.decodeChatBody(body).flatMap((decoded) => (decoded.kind === 'message' ? [decoded.message] : []));
}

function storedDecoders(): readonly Decoder[] {
  const { msgId, timestamp, flags, body } = message('text');
  const stored = [
    { msgId, timestamp, content: { kind: 'message' as const, flags, body } },
    { msgId, timestamp, content: { kind: 'quota' as const } },
  ];
  const ini = '[AUTH]\nnew_queues = on\n# comment\n[TRANSPORT]\nport: 5223, 443\n';
  return [
    binary('queue records', queueRecordCodec, [queueRecord(), { ...queueRecord(), status: { kind: 'off' } }]),
    binary('stored messages', storedMessageCodec, stored),
    binary('queue states', queueStateCodec, [{ head: 1, tail: 2, full: false }]),
    text('INI files', [ini], (content) => parseIni(content, 'test.ini')),
  ];
}

function clientMessageDecoders(): readonly Decoder[] {
  const envelope = { version: 4, e2eDhKey: filled(32), nonce: filled(24), encryptedBody: filled(30) };
  const senderKey = { algorithm: 'ed25519' as const, key: filled(32) };
  return [
    binary('client message envelopes', smp.clientMsgEnvelopeCodec, [envelope, { ...envelope, e2eDhKey: undefined }]),
    binary('client messages', smp.clientMessageCodec, [
      { senderKey, body: filled(20) },
      { senderKey: undefined, body: filled(20) },
    ]),
  ];
}

/** All decoders; call it after the compression library is loaded. */
export function decoders(): readonly Decoder[] {
  return [
    ...encodingDecoders(),
    ...smpDecoders(),
    ...clientMessageDecoders(),
    ...handshakeDecoders(),
    ...ratchetDecoders(),
    ...agentDecoders(),
    ...chatDecoders(),
    ...storedDecoders(),
  ];
}
