/** `request`: read-only properties are not asked for; `response`: write-only ones are not. */
export type Direction = 'request' | 'response';

type Json = Readonly<Record<string, unknown>>;

/** Keywords whose content is data, not schema. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'example', 'examples']);
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Turns schemas of an OpenAPI document into JSON Schema 2020-12. From 3.1 on they are that already; 3.0 says `nullable`, and writes
 * exclusive limits as booleans (OpenAPI 3.0.3, section 4.7.24). In all versions `required` holds for read-only properties in answers only.
 */
export function dialectOf(version: string, direction: Direction): (schema: unknown) => unknown {
  const isOld = version.startsWith('3.0');
  const skipped = direction === 'request' ? 'readOnly' : 'writeOnly';
  const convert = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(convert);
    if (!isObject(node)) return node;
    const converted: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(node)) converted[name] = DATA.has(name) && !isObject(value) ? value : convert(value);
    withoutSkipped(converted, skipped);
    return isOld ? modern(converted) : converted;
  };
  return convert;
}

function withoutSkipped(node: Record<string, unknown>, skipped: string): void {
  const { required, properties } = node;
  if (!Array.isArray(required) || !isObject(properties)) return;
  const asked = required.filter((name) => {
    const property = properties[String(name)];
    return !isObject(property) || property[skipped] !== true;
  });
  node['required'] = asked;
}

function modern(node: Record<string, unknown>): Record<string, unknown> {
  const { nullable, ...rest } = node;
  const schema: Record<string, unknown> = nullable === true || nullable === false ? rest : node;
  if (nullable === true && typeof rest['type'] === 'string') {
    schema['type'] = [rest['type'], 'null'];
    if (Array.isArray(rest['enum']) && !rest['enum'].includes(null)) schema['enum'] = [...(rest['enum'] as readonly unknown[]), null];
  }
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    const flag = schema[exclusive];
    if (typeof flag !== 'boolean') continue;
    const { [exclusive]: _flag, ...others } = schema;
    if (!flag) return modern(others);
    const { [limit]: bound, ...without } = others;
    return modern({ ...without, [exclusive]: bound });
  }
  return schema;
}
