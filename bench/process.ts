/** What the system tells of other processes (Linux). */
import { readFileSync } from 'node:fs';

/** Ticks of /proc/PID/stat: 100 a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Processor time a process has used so far. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Memory of a process's own that is in memory now; pages of mapped files, which the system takes back, are not counted. */
export function residentBytesOf(pid: number): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
