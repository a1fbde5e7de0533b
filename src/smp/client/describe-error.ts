/** Error responses of servers (simplex-messaging.md, "Error responses") as sentences for people. */
import { type BrokerError, type ErrorType, formatErrorType, type ProxyError } from '../protocol/index.ts';

const blockingReasons = {
  spam: 'it was used for spam',
  content: 'its operator does not allow what was sent over it',
} as const;

const REPORT = 'If this continues, tell its operator';

/** Describes an error response of the server at `host`, with what to do about it. */
export function describeServerError(host: string, error: ErrorType): string {
  switch (error.kind) {
    case 'AUTH':
      return `${host} does not know this queue, or the key does not match: it was deleted, or this is an old copy of the database`;
    case 'BLOCKED':
      return `${host} has blocked this queue, because ${blockingReasons[error.info.reason]}. Ask its operator for details, or connect again over another server.`;
    case 'QUOTA':
      return `${host} accepts no more messages for this contact until the waiting ones are read`;
    case 'STORE':
      return `${host} could not store the data. ${REPORT} (${formatErrorType(error)})`;
    case 'INTERNAL':
      return `${host} had an internal error. ${REPORT}`;
    case 'LARGE_MSG':
      return `${host} does not accept messages of this size`;
    case 'EXPIRED':
      return `${host} received the message too late`;
    case 'SERVICE':
      return `${host} does not let this program act as a service`;
    case 'PROXY':
      return describeProxyError(host, error.error);
    case 'BLOCK':
    case 'SESSION':
    case 'CMD':
    case 'CRYPTO':
    case 'NO_MSG':
    case 'DUPLICATE_':
      return `${host} and this program are incompatible: one of them may be outdated or faulty (${formatErrorType(error)})`;
  }
}

function describeProxyError(host: string, error: ProxyError): string {
  switch (error.kind) {
    case 'PROTOCOL':
      return `${describeServerError('the server behind it', error.error)} (through ${host})`;
    case 'BROKER':
      return `${host} could not forward to another server: ${describeBrokerError(error.error)}`;
    case 'BASIC_AUTH':
      return `${host} forwards messages only with its password (smp://identity:password@host)`;
    case 'NO_SESSION':
      return `${host} is no longer connected to the other server`;
  }
}

function describeBrokerError(error: BrokerError): string {
  switch (error.kind) {
    case 'NETWORK':
      return 'it cannot be reached';
    case 'TIMEOUT':
      return 'it did not answer in time';
    case 'HOST':
      return 'its address is invalid or not allowed';
    case 'NO_SERVICE':
    case 'RESPONSE':
    case 'UNEXPECTED':
    case 'TRANSPORT':
      return `the two servers are incompatible (${formatErrorType(error)})`;
  }
}
