const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]+));/g;
const LAST_CODE_POINT = 0x10_ff_ff;

/** Plain text as HTML: what would be markup is escaped, a line end becomes a break. */
export function toHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (letter) => ESCAPES[letter] ?? letter).replaceAll(/\r?\n/g, '<br>');
}

function resolved(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name] ?? whole;
  const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return codePoint <= LAST_CODE_POINT ? String.fromCodePoint(codePoint) : whole;
}

/**
 * The text of a piece of HTML as a reader sees it: blocks and breaks end a line, other tags vanish, white space counts once. Two pieces
 * with the same text may be written differently: systems clean up what they are given.
 */
export function fromHtml(html: string): string {
  return html
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|li|h[1-6])>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(ENTITY, resolved)
    .replaceAll('\u00a0', ' ')
    .replaceAll(/ *\n\s*/g, '\n')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}
