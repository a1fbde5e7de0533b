/** Errors that servers answer with (simplex-messaging.md, "Error responses"), as sentences for people. */
import { type BrokerError, type ErrorType, formatErrorType, type ProxyError } from '../protocol/index.ts';

const blockingReasons = {
  spam: 'it was used for spam',
  content: 'its operator does not allow what was sent over it',
} as const;

const REPORT = 'If it goes on, tell whoever runs the server';

/** What the server at `host` answered, and what to do about it. */
export function answerInWords(host: string, error: ErrorType): string {
  switch (error.kind) {
    case 'AUTH':
      return `${host} does not know this queue, or the key does not match: it was deleted, or this is an old copy of the database`;
    case 'BLOCKED':
      return `${host} has blocked this queue, because ${blockingReasons[error.info.reason]}. Its operator can tell more; to go on, connect again over another server.`;
    case 'QUOTA':
      return `${host} takes no more messages for this contact until those that wait there are read`;
    case 'STORE':
      return `${host} could not store it. ${REPORT} (${formatErrorType(error)})`;
    case 'INTERNAL':
      return `${host} had an internal error. ${REPORT}`;
    case 'LARGE_MSG':
      return `${host} takes no message of this size`;
    case 'EXPIRED':
      return `${host} was given the message too late`;
    case 'SERVICE':
      return `${host} does not let this program act as a service`;
    case 'PROXY':
      return proxyInWords(host, error.error);
    case 'BLOCK':
    case 'SESSION':
    case 'CMD':
    case 'CRYPTO':
    case 'NO_MSG':
    case 'DUPLICATE_':
      return `${host} and this program do not understand each other: one of them may be too old, or has an error (${formatErrorType(error)})`;
  }
}

function proxyInWords(host: string, error: ProxyError): string {
  switch (error.kind) {
    case 'PROTOCOL':
      return `${answerInWords('the server behind it', error.error)} (asked through ${host})`;
    case 'BROKER':
      return `${host} passes on to another server, and ${brokerInWords(error.error)}`;
    case 'BASIC_AUTH':
      return `${host} passes nothing on without its password (smp://identity:password@host)`;
    case 'NO_SESSION':
      return `${host} is not connected to the other server any more`;
  }
}

function brokerInWords(error: BrokerError): string {
  switch (error.kind) {
    case 'NETWORK':
      return 'does not reach it';
    case 'TIMEOUT':
      return 'gets no answer from it in time';
    case 'HOST':
      return 'may not or cannot connect to its address';
    case 'NO_SERVICE':
    case 'RESPONSE':
    case 'UNEXPECTED':
    case 'TRANSPORT':
      return `the two do not understand each other (${formatErrorType(error)})`;
  }
}
