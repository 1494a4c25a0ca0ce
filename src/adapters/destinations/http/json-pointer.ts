/** Pattern of a JSON pointer (RFC 6901) to a place inside a document, for schemas of mapping documents. */
export const POINTER_PATTERN = '^(?:/(?:[^/~]|~[01])*)+$';

const tokensOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

/** What stands at a pointer (RFC 6901); undefined when nothing does. The empty pointer is the whole document. */
export function valueAt(document: unknown, pointer: string): unknown {
  let at = document;
  for (const token of tokensOf(pointer)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, token)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[token];
  }
  return at;
}

type Node = Record<string, unknown>;

const emptyNode = (next: string): Node => (/^\d+$/.test(next) ? ([] as unknown as Node) : (Object.create(null) as Node));

/**
 * A document with these values at these pointers; a token of digits makes a list. No pointer may lie inside another one
 * (`overlappingPointer`).
 */
export function documentOf(values: Readonly<Record<string, unknown>>): unknown {
  const root = Object.create(null) as Node;
  for (const [pointer, value] of Object.entries(values)) {
    const tokens = tokensOf(pointer);
    let at = root;
    for (const [index, token] of tokens.entries()) {
      const next = tokens[index + 1];
      if (next === undefined) at[token] = value;
      else at = (at[token] ??= emptyNode(next)) as Node;
    }
  }
  return root;
}

/** The first pointer that another one of the list leads through or repeats; null when all can stand in one document. */
export function overlappingPointer(pointers: readonly string[]): string | null {
  return (
    pointers.find((pointer, index) =>
      pointers.some((other, at) => at !== index && (other === pointer || other.startsWith(`${pointer}/`))),
    ) ?? null
  );
}
