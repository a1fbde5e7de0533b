/**
 * Lines of the reference's queue log (`smp-server-store.log`), of all versions that wrote one:
 *
 * ```
 * record = "CREATE rid=" id queue / "LINK" id linkId linkData / "LDELETE" id / "SECURE" id key / "KEYS" id keys
 *        / "NOTIFIER" id notifier / "SUSPEND" id / "BLOCK" id blocking / "UNBLOCK" id / "DELETE" id / "NDELETE" id
 *        / "TIME" id seconds / "QUEUE_SERVICE" id ("R" / "N") [serviceId]
 *        / "NEW_SERVICE service_id=" id "role=" letter "cert=" chain "cert_hash=" hash "created_at=" seconds
 * queue = "rk=" keys "rdh=" secret "sid=" id "sk=" [key] ["sndSecure=" ("T" / "F") / "queue_mode=" ("M" / "C")]
 *         ["link_id=" id "queue_data=" linkData] ["notifier=" notifier] ["updated_at=" seconds]
 *         ["status=" ("active" / "off" / "blocked," blocking)] ["rsrv=" serviceId]
 * notifier = id key secret ["nsrv=" serviceId]
 * blocking = "reason=" ("spam" / "content") [",notice=" JSON]
 * keys = key *("," key)
 * linkData = fixed user
 * ```
 */
import type { AuthPublicKey } from '../../../protocol/index.ts';
import type { BlockingInfo, LinkData, QueueMode } from '../../../smp/protocol/index.ts';
import type { Notifier, QueueStatus } from '../../../smp/server/index.ts';
import type { ServiceRole } from '../../../transport/index.ts';
import { bytesOf, idOf, keyOf, LogError, letterOf, secretOf, Words } from './words.ts';

export interface LoggedQueue {
  readonly sndId: Uint8Array;
  readonly rcvAuthKeys: readonly AuthPublicKey[];
  readonly rcvDhSecret: Uint8Array;
  readonly sndAuthKey: AuthPublicKey | undefined;
  /** Undefined for queues from before queue modes. */
  readonly mode: QueueMode | undefined;
  readonly link: { readonly linkId: Uint8Array; readonly data: LinkData } | undefined;
  readonly notifier: Notifier | undefined;
  readonly status: QueueStatus;
  readonly serviceId: Uint8Array | undefined;
}

type AboutQueue =
  | { readonly kind: 'create'; readonly queue: LoggedQueue }
  | { readonly kind: 'link'; readonly linkId: Uint8Array; readonly data: LinkData }
  | { readonly kind: 'removeLink' }
  | { readonly kind: 'secure'; readonly key: AuthPublicKey }
  | { readonly kind: 'keys'; readonly keys: readonly AuthPublicKey[] }
  | { readonly kind: 'notifier'; readonly notifier: Notifier }
  | { readonly kind: 'removeNotifier' }
  | { readonly kind: 'status'; readonly status: QueueStatus }
  | { readonly kind: 'delete' }
  | { readonly kind: 'time' }
  | { readonly kind: 'service'; readonly of: 'queue' | 'notifier'; readonly serviceId: Uint8Array | undefined };

export type QueueLogRecord =
  | (AboutQueue & { readonly rcvId: Uint8Array })
  | {
      readonly kind: 'newService';
      readonly serviceId: Uint8Array;
      readonly role: ServiceRole;
      readonly certHash: Uint8Array;
    };

const roles: Readonly<Record<string, ServiceRole>> = { M: 'messaging', N: 'notifier', P: 'proxy' };
const modes: Readonly<Record<string, QueueMode>> = { M: 'messaging', C: 'contact' };
const secureFlags: Readonly<Record<string, QueueMode>> = { T: 'messaging', F: 'contact' };

const keysOf = (text: string) => text.split(',').map((key) => keyOf(key, 'key of the recipient'));

const optional = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
  text === undefined || text === '' ? undefined : read(text);

const serviceIdOf = (text: string) => idOf(text, 'id of the service');

function notifierOf(notifierId: string, words: Words): Notifier {
  return {
    notifierId: idOf(notifierId, 'id of the notifier'),
    key: keyOf(words.next('key of the notifier'), 'key of the notifier'),
    dhSecret: secretOf(words.next('secret of the notifier'), 'secret of the notifier'),
    serviceId: optional(words.maybe('nsrv'), serviceIdOf),
  };
}

function linkDataOf(fixed: string, words: Words): LinkData {
  return { fixed: bytesOf(fixed, 'link data'), user: bytesOf(words.next('link data'), 'link data') };
}

function blockingOf(text: string): BlockingInfo {
  const match = /^reason=(spam|content)(?:,notice=(\{.*\}))?$/.exec(text);
  if (match === null) throw new LogError('the reason of blocking is unknown');
  return { reason: match[1] as BlockingInfo['reason'], notice: match[2] };
}

function statusOf(text: string): QueueStatus {
  if (text === 'active' || text === 'off') return { kind: text };
  const blocked = /^blocked,(.*)$/.exec(text)?.[1];
  if (blocked === undefined) throw new LogError('status is unknown');
  return { kind: 'blocked', info: blockingOf(blocked) };
}

function modeOf(words: Words): QueueMode | undefined {
  const secure = words.maybe('sndSecure');
  if (secure !== undefined) return letterOf(secure, 'sndSecure', secureFlags);
  return optional(words.maybe('queue_mode'), (mode) => letterOf(mode, 'queue mode', modes));
}

/** Fields in the order of the line. */
function queueOf(words: Words): LoggedQueue {
  const rcvAuthKeys = keysOf(words.named('rk'));
  const rcvDhSecret = secretOf(words.named('rdh'), 'secret of the recipient');
  const sndId = idOf(words.named('sid'), 'id of the sender');
  const sndAuthKey = optional(words.named('sk'), (key) => keyOf(key, 'key of the sender'));
  const mode = modeOf(words);
  const link = optional(words.maybe('link_id'), (linkId) => ({
    linkId: idOf(linkId, 'id of the link'),
    data: linkDataOf(words.named('queue_data'), words),
  }));
  const notifier = optional(words.maybe('notifier'), (notifierId) => notifierOf(notifierId, words));
  words.maybe('updated_at');
  const status = optional(words.maybe('status'), statusOf) ?? { kind: 'active' };
  const serviceId = optional(words.maybe('rsrv'), serviceIdOf);
  return { rcvAuthKeys, rcvDhSecret, sndId, sndAuthKey, mode, link, notifier, status, serviceId };
}

const aboutQueue: Readonly<Record<string, (words: Words) => AboutQueue>> = {
  LINK: (words) => ({
    kind: 'link',
    linkId: idOf(words.next('id of the link'), 'id of the link'),
    data: linkDataOf(words.next('link data'), words),
  }),
  LDELETE: () => ({ kind: 'removeLink' }),
  SECURE: (words) => ({ kind: 'secure', key: keyOf(words.next('key of the sender'), 'key of the sender') }),
  KEYS: (words) => ({ kind: 'keys', keys: keysOf(words.next('key of the recipient')) }),
  NOTIFIER: (words) => ({ kind: 'notifier', notifier: notifierOf(words.next('id of the notifier'), words) }),
  NDELETE: () => ({ kind: 'removeNotifier' }),
  SUSPEND: () => ({ kind: 'status', status: { kind: 'off' } }),
  BLOCK: (words) => ({ kind: 'status', status: { kind: 'blocked', info: blockingOf(words.next('reason')) } }),
  UNBLOCK: () => ({ kind: 'status', status: { kind: 'active' } }),
  DELETE: () => ({ kind: 'delete' }),
  TIME(words) {
    words.next('time');
    return { kind: 'time' };
  },
  QUEUE_SERVICE: (words) => ({
    kind: 'service',
    of: letterOf(words.next('whose service'), 'whose service', { R: 'queue', N: 'notifier' } as const),
    serviceId: optional(words.next('id of the service'), serviceIdOf),
  }),
};

function newServiceOf(words: Words): QueueLogRecord {
  const serviceId = serviceIdOf(words.named('service_id'));
  const role = letterOf(words.named('role'), 'role of the service', roles);
  words.named('cert');
  const certHash = secretOf(words.named('cert_hash'), 'hash of the certificate');
  words.named('created_at');
  return { kind: 'newService', serviceId, role, certHash };
}

function recordOf(tag: string, words: Words): QueueLogRecord {
  if (tag === 'NEW_SERVICE') return newServiceOf(words);
  if (tag === 'CREATE') {
    return { rcvId: idOf(words.named('rid'), 'id of the queue'), kind: 'create', queue: queueOf(words) };
  }
  const read = Object.hasOwn(aboutQueue, tag) ? aboutQueue[tag] : undefined;
  if (read === undefined) throw new LogError('it is of an unknown kind');
  return { rcvId: idOf(words.next('id of the queue'), 'id of the queue'), ...read(words) };
}

/** Parses one line; throws {@link LogError}. */
export function parseQueueLog(line: string): QueueLogRecord {
  const words = new Words(line);
  const record = recordOf(words.next('kind'), words);
  words.end();
  return record;
}
