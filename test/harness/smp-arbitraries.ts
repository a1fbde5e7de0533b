/** Random commands, responses and errors of SMP. */
import fc from 'fast-check';
import { type AuthPublicKey, authPublicKey } from '../../src/protocol/index.ts';
import type { BrokerError, Command, ErrorType, ProxyError, QueueInfo, Response } from '../../src/smp/protocol/index.ts';
import { anyBytes, exactBytes } from './codec.ts';
import { authKey } from './smp-client.ts';

const id = exactBytes(24);
const dhKey = exactBytes(32);
const body = anyBytes(60);
const keys: readonly AuthPublicKey[] = (['ed25519', 'ed448', 'x25519'] as const).map((a) => authPublicKey(authKey(a)));
const key = fc.constantFrom(...keys);
const password = fc.option(fc.constantFrom('secret', '!~'), { nil: undefined });
const server = fc.record({
  hosts: fc.constant(['smp.example.com', '10.0.0.1']),
  port: fc.constantFrom('', '5224'),
  keyHash: exactBytes(32),
});
const linkData = fc.record({ fixed: body, user: body });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const queueRequest = fc.oneof(
  fc.record({ mode: fc.constant('messaging'), link: optional(fc.record({ sndId: id, data: linkData })) }),
  fc.record({ mode: fc.constant('contact'), link: optional(fc.record({ linkId: id, sndId: id, data: linkData })) }),
);
const kind = <K extends string>(name: K) => fc.constant(name);
const bare = <K extends string>(...names: K[]) => names.map((name) => fc.record({ kind: kind(name) }));

/** Commands of version 18 that end by themselves; excludes those whose last field takes all remaining bytes. */
export const anyBoundedCommand: fc.Arbitrary<Command> = fc.oneof(
  ...bare('SUB', 'GET', 'OFF', 'DEL', 'QUE', 'PING', 'NDEL', 'NSUB', 'LDEL', 'LGET', 'SUBS', 'NSUBS'),
  fc.record({
    kind: kind('NEW'),
    rcvAuthKey: key,
    rcvDhKey: dhKey,
    password,
    subscribe: fc.boolean(),
    queue: optional(queueRequest),
    notifier: optional(fc.record({ key, dhKey })),
  }),
  fc.record({ kind: fc.constantFrom('KEY', 'SKEY', 'LKEY'), key }),
  fc.record({ kind: kind('ACK'), msgId: anyBytes(24) }),
  fc.record({ kind: kind('NKEY'), key, dhKey }),
  fc.record({ kind: kind('PRXY'), server, password }),
  fc.record({ kind: kind('RKEY'), keys: fc.array(key, { minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: kind('LSET'), linkId: id, data: linkData }),
) as fc.Arbitrary<Command>;

export const anyOpenCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: kind('SEND'), flags: fc.record({ notification: fc.boolean() }), body }),
  fc.record({ kind: kind('PFWD'), version: fc.nat(20), key: dhKey, transmission: body }),
  fc.record({ kind: kind('RFWD'), transmission: body }),
);

const text = fc.constantFrom('', 'x', 'two words');
const relayError = fc.oneof(
  ...bare('BLOCK', 'VERSION', 'LARGE_MSG', 'SESSION', 'NO_AUTH'),
  fc.record({ kind: kind('HANDSHAKE'), error: fc.constantFrom('PARSE', 'IDENTITY', 'BAD_AUTH', 'BAD_SERVICE') }),
);
const brokerError = fc.oneof(
  ...bare('TIMEOUT', 'HOST', 'NO_SERVICE', 'NETWORK'),
  fc.record({ kind: fc.constantFrom('RESPONSE', 'UNEXPECTED'), text }),
  fc.record({ kind: kind('TRANSPORT'), error: relayError }),
) as fc.Arbitrary<BrokerError>;

const plainError = fc.oneof(
  ...bare('BLOCK', 'SESSION', 'AUTH', 'SERVICE', 'CRYPTO', 'QUOTA', 'NO_MSG', 'LARGE_MSG', 'EXPIRED', 'INTERNAL'),
  fc.record({
    kind: kind('CMD'),
    error: fc.constantFrom('UNKNOWN', 'SYNTAX', 'PROHIBITED', 'NO_AUTH', 'HAS_AUTH', 'NO_ENTITY'),
  }),
  fc.record({
    kind: kind('BLOCKED'),
    info: fc.record({ reason: fc.constantFrom('spam', 'content'), notice: fc.constant(undefined) }),
  }),
  fc.record({ kind: kind('STORE'), text }),
) as fc.Arbitrary<ErrorType>;

const proxyError = fc.oneof(
  ...bare('BASIC_AUTH', 'NO_SESSION'),
  fc.record({ kind: kind('PROTOCOL'), error: plainError }),
  fc.record({ kind: kind('BROKER'), error: brokerError }),
) as fc.Arbitrary<ProxyError>;

export const anyErrorType: fc.Arbitrary<ErrorType> = fc.oneof(
  plainError,
  fc.record({ kind: kind('PROXY'), error: proxyError }),
);

const queueInfo: fc.Arbitrary<QueueInfo> = fc.record({ qiSnd: fc.boolean(), qiNtf: fc.boolean(), qiSize: fc.nat(128) });

/** Responses that version 18 encodes unchanged. */
export const anyResponse: fc.Arbitrary<Response> = fc.oneof(
  ...bare('OK', 'PONG', 'END', 'DELD'),
  fc.record({
    kind: kind('IDS'),
    rcvId: id,
    sndId: id,
    serverDhKey: dhKey,
    queueMode: optional(fc.constantFrom('messaging', 'contact')),
    linkId: optional(id),
    serviceId: optional(id),
    notifier: optional(fc.record({ notifierId: id, serverDhKey: dhKey })),
  }),
  fc.record({ kind: kind('MSG'), msgId: id, body }),
  fc.record({ kind: kind('ERR'), error: anyErrorType }),
  fc.record({ kind: kind('INFO'), info: queueInfo }),
  fc.record({ kind: kind('NID'), notifierId: id, serverDhKey: dhKey }),
  fc.record({ kind: kind('NMSG'), nonce: exactBytes(24), meta: body }),
  fc.record({ kind: fc.constantFrom('RRES', 'PRES'), response: body }),
  fc.record({ kind: kind('LNK'), sndId: id, data: linkData }),
  fc.record({ kind: kind('SOK'), serviceId: optional(id) }),
  fc.record({ kind: fc.constantFrom('SOKS', 'ENDS'), count: fc.nat() }),
) as fc.Arbitrary<Response>;

/** Invalid protocol data: valid encodings with bytes changed, removed or added. */
export function mutated(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(valid, fc.nat(3), fc.nat(), fc.nat(255)).map(([bytes, how, where, value]) => {
    const at = bytes.length === 0 ? 0 : where % bytes.length;
    if (how === 0) return bytes.subarray(0, at);
    if (how === 1) return Uint8Array.of(...bytes.subarray(0, at), value, ...bytes.subarray(at));
    if (how === 2) return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1));
    const changed = Uint8Array.from(bytes);
    if (changed.length > 0) changed[at] = value;
    return changed;
  });
}
