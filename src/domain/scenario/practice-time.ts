/** Milliseconds by which local time is ahead of UTC at a moment. */
function offsetMs(epochMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(new Date(epochMs));
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return (
    Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second')) - Math.floor(epochMs / 1000) * 1000
  );
}

/** Epoch milliseconds of a start: ISO 8601 with offset, or practice time without. */
export function epochOf(start: string, timeZone: string): number {
  if (/(?:Z|[+-]\d{2}:\d{2})$/.test(start)) return Date.parse(start);
  const asUtc = Date.parse(`${start}Z`);
  const guess = asUtc - offsetMs(asUtc, timeZone);
  // Right after a change of the clock the first guess lies on its other side.
  return asUtc - offsetMs(guess, timeZone);
}

/** ISO 8601 with the practice's offset at that moment. */
export function isoWithOffset(epochMs: number, timeZone: string): string {
  const offset = offsetMs(epochMs, timeZone);
  const sign = offset < 0 ? '-' : '+';
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${new Date(epochMs + offset).toISOString().slice(0, 19)}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}
