/** Times and days as lines show them, in local time. */
const NOON = 12;
const EVENING = 18;

const two = (n: number) => String(n).padStart(2, '0');

/** `19:26` */
export function clockTime(timestamp: number): string {
  const time = new Date(timestamp);
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** `19:26` of today, or of last night until noon; `11-23` before. */
export function shortTime(timestamp: number, now: number): string {
  const time = new Date(timestamp);
  const today = new Date(now);
  const evening = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1, EVENING);
  const lastNight = today.getHours() < NOON && time >= evening && time < today;
  return isSameDay(timestamp, now) || lastNight
    ? clockTime(timestamp)
    : `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** `Mon 23 Nov 2026` */
export function dayText(timestamp: number): string {
  const [weekday, month, day, year] = new Date(timestamp).toDateString().split(' ');
  return `${weekday} ${Number(day)} ${month} ${year}`;
}
