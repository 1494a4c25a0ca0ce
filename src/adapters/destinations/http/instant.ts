/** ISO 8601 as systems write it: with `T` or a space, with or without seconds, milliseconds, a colon in the offset, or an offset at all. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** The moment that a text names, in epoch milliseconds; a time without a zone is UTC. Null for text that names none. */
export function instantOf(text: string): number | null {
  const [, day, minute, second = ':00', zone = 'Z'] = INSTANT.exec(text) ?? [];
  if (day === undefined || minute === undefined) return null;
  const epochMs = Date.parse(`${day}T${minute}${second}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  return Number.isFinite(epochMs) ? epochMs : null;
}

/** Whether a text that names a moment says in which zone. */
export function hasZone(text: string): boolean {
  return INSTANT.exec(text)?.[4] !== undefined;
}

/** `2026-03-05 09:30:00`: UTC without a zone, to the second. */
export function utcWithoutZone(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ');
}
