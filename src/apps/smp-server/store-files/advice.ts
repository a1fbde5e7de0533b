/** Advice for the operator about a store that cannot be opened. */
import { dirname } from 'node:path';
import { endSentence } from '../../../hosting/index.ts';
import { type StoreError, StoreFileError, type StoreFileFault } from '../../../smp/server/index.ts';

/** For lost or damaged data. */
const fromBackup = (path: string) =>
  `Stop the server, keep the folder (mv ${path} ${path}.damaged) and restore a backup: "sotto smp-server restore <file>".`;

const advice: Readonly<Record<StoreFileFault, (path: string) => string>> = {
  forbidden: (path) =>
    `Do not move or delete it: run the command as the user of the server (sudo -u <user> …), or give the files to that user: chown -R <user> ${path}`,
  busy: () => 'Stop the other program and try again.',
  older: () => 'Start the server, or run "sotto smp-server compact": either converts it.',
  'lock forbidden': (path) =>
    `The file holds locks and no data: when no server uses the store, give it to the user of the server (chown <user> ${path}/lock.mdb) or delete it (rm ${path}/lock.mdb).`,
  'read-only': (path) =>
    `A server has to write: make the file system writable (mount -o remount,rw <mount point of ${path}>); if the system made it read-only by itself, look for errors of the disk first (dmesg). "check" and "backup" work without that.`,
  'disk full': (path) => `Free space on its disk (see df ${path}) and try again.`,
  misplaced: (path) => `Move it away, and put the store of this server in its place, from ${path} or a backup.`,
  absent: (path) => `Give the data folder of the server with --data, if it is not ${dirname(path)}.`,
  incomplete: (path) =>
    `Put the data file back; if it is lost, move ${path} away and restore a backup: "sotto smp-server restore <file>". If this server has never run, delete ${path}.`,
  empty: (path) => `${fromBackup(path)} If this server has never run, delete ${path}.`,
  foreign: fromBackup,
  newer: () => 'Nothing is damaged: run the version of Sotto that wrote it, or a newer one.',
  truncated: (path) => `A copy of it may have been interrupted: copy it again. Else: ${fromBackup(path)}`,
  damaged: fromBackup,
  unsupported: () => 'Move the data folder to a local disk (ext4, xfs), and give its path with --data.',
  'disk failed': () => 'Look at the log of the system (dmesg), and first copy what can still be read.',
  'no resources': () =>
    'Raise the limits of the process (ulimit -v, ulimit -n, MemoryMax and LimitNOFILE in its unit).',
  unknown: (path) => `Look at the files in ${path} and at the log of the system (dmesg).`,
};

/** The error of a store, with advice, as sentences. */
export function explainStore(error: StoreError): string {
  const { message } = error;
  // A path at the beginning is not capitalized.
  const isPath = error instanceof StoreFileError && message.startsWith(error.path);
  const text = endSentence(isPath ? message : `${message.charAt(0).toUpperCase()}${message.slice(1)}`);
  return error instanceof StoreFileError ? `${text} ${advice[error.fault](error.path)}` : text;
}
