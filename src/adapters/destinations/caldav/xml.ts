import { AppError } from '../../../base/app-error.ts';

/** An element of a WebDAV answer: name without prefix, text of its own, children. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface Open {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/** Nesting and size that no calendar answer needs. */
const DEPTH_MAX = 50;

const TOKEN =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w.-]+:)?([\w.-]+)(?:\s(?:[^<>"'/]|"[^"]*"|'[^']*')*)?(\/?)>|([^<]+)/y;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return NAMED[name ?? ''] ?? whole;
  });
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

const malformed = (): never => {
  throw new AppError('destination_misbehaved', 'the calendar server answered with something that is not XML');
};

/** Parses the XML of a WebDAV answer: no DTD, no external entities. Throws `destination_misbehaved`. */
export function parseXml(source: string): XmlElement {
  const root: Open = { name: '', text: '', children: [] };
  const stack: Open[] = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) return malformed();
    const [, cdata, closing, , name, selfClosing, text] = match;
    const top = stack.at(-1) ?? root;
    if (cdata !== undefined) top.text += cdata;
    else if (text !== undefined) top.text += unescapeText(text);
    else if (name !== undefined && closing === '/') {
      if (stack.length < 2 || top.name !== name) return malformed();
      stack.pop();
    } else if (name !== undefined) {
      const element: Open = { name, text: '', children: [] };
      top.children.push(element);
      if (selfClosing !== '/') stack.push(element);
      if (stack.length > DEPTH_MAX) return malformed();
    }
  }
  const [only] = root.children;
  return stack.length === 1 && only !== undefined && root.children.length === 1 ? only : malformed();
}

export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** Text of the first descendant along a path of names, or null. */
export function textAt(element: XmlElement, ...path: readonly string[]): string | null {
  const [name, ...rest] = path;
  if (name === undefined) return element.text;
  for (const child of childrenOf(element, name)) {
    const text = textAt(child, ...rest);
    if (text !== null) return text;
  }
  return null;
}
