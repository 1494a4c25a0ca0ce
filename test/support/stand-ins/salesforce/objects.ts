/** What a field of an object can hold. */
export interface FieldShape {
  readonly type: 'string' | 'textarea' | 'datetime' | 'reference';
  readonly lengthMax?: number;
  readonly isRequired?: boolean;
}

const key: FieldShape = { type: 'string', lengthMax: 64 };
const text = (lengthMax: number): FieldShape => ({ type: 'string', lengthMax });
const reference: FieldShape = { type: 'reference' };
const long: FieldShape = { type: 'textarea', lengthMax: 32_000 };

/** Objects of the org: those fields of the Object Reference that matter here, and the custom ones that an administrator adds. */
export const OBJECTS: Readonly<Record<string, { readonly prefix: string; readonly fields: Readonly<Record<string, FieldShape>> }>> = {
  Contact: {
    prefix: '003',
    fields: { FirstName: text(40), LastName: { ...text(80), isRequired: true }, Phone: text(40), Email: text(80), Vestibule_Key__c: key },
  },
  Event: {
    prefix: '00U',
    fields: {
      Subject: text(255),
      Description: long,
      Location: text(255),
      StartDateTime: { type: 'datetime', isRequired: true },
      EndDateTime: { type: 'datetime', isRequired: true },
      WhoId: reference,
      Vestibule_Key__c: key,
      Vestibule_Phone__c: text(40),
    },
  },
  Case: {
    prefix: '500',
    fields: {
      Subject: text(255),
      Description: long,
      Origin: text(255),
      Priority: text(255),
      Status: text(255),
      SuppliedName: text(80),
      SuppliedPhone: text(40),
      ContactId: reference,
      Vestibule_Key__c: key,
    },
  },
  Task: {
    prefix: '00T',
    fields: { Subject: text(255), Description: long, Status: text(255), Priority: text(255), WhoId: reference, Vestibule_Key__c: key },
  },
};

/** Field of every object of `OBJECTS` that is an External ID. */
export const EXTERNAL_ID = 'Vestibule_Key__c';

/** Shapes of requests as they are published, by name. */
export const REQUEST_SHAPES = {
  /** Values by field name, without the id and without the key, which stands in the address. */
  upsert: {
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_]*$', not: { enum: ['Id', 'attributes', EXTERNAL_ID] } },
    additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
  },
  /** The claims of RFC 7523, as the help page of the JWT bearer flow names them. */
  claim: {
    type: 'object',
    required: ['iss', 'sub', 'aud', 'exp'],
    additionalProperties: false,
    properties: {
      iss: { type: 'string' },
      sub: { type: 'string' },
      aud: { type: 'string' },
      exp: { type: 'integer' },
      jti: { type: 'string' },
    },
  },
  query: { type: 'string', pattern: '^SELECT [\\w,]+ FROM \\w+ WHERE ' },
} as const;

export interface FieldError {
  readonly errorCode: string;
  readonly message: string;
  readonly fields: readonly string[];
}

const error = (errorCode: string, message: string, ...fields: readonly string[]): FieldError => ({ errorCode, message, fields });

/** As the org keeps a value: no blanks at the end, line ends as CR LF, a moment as `2026-03-05T09:30:00.000+0000`, nothing for ''. */
function keptValue({ type }: FieldShape, value: unknown): string | null {
  const given = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value).trimEnd() : '';
  if (given === '') return null;
  if (type === 'datetime') return `${new Date(given).toISOString().slice(0, -1)}+0000`;
  return type === 'textarea' ? given.replaceAll(/\r?\n/g, '\r\n') : given;
}

/** The values of a write as they are kept, or why the org refuses them. */
export function keptValues(object: string, body: Readonly<Record<string, unknown>>): Readonly<Record<string, string | null>> | FieldError {
  const shapes = OBJECTS[object]?.fields ?? {};
  const kept: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(body)) {
    const shape = shapes[name];
    if (shape === undefined) return error('INVALID_FIELD', `No such column '${name}' on sobject of type ${object}`);
    if (shape.type === 'datetime' && Number.isNaN(Date.parse(String(value))))
      return error('JSON_PARSER_ERROR', 'Cannot deserialize datetime');
    if (shape.type === 'reference' && !/^[a-zA-Z0-9]{15,18}$/.test(String(value)))
      return error('MALFORMED_ID', `${name}: id value of incorrect type`, name);
    kept[name] = keptValue(shape, value);
    if ((kept[name]?.length ?? 0) > (shape.lengthMax ?? Number.POSITIVE_INFINITY))
      return error('STRING_TOO_LONG', `${name}: data value too large`, name);
  }
  return kept;
}

export function missingField(object: string, values: Readonly<Record<string, string | null>>): FieldError | null {
  const required = Object.entries(OBJECTS[object]?.fields ?? {}).filter(([, { isRequired }]) => isRequired === true);
  const [missing] = required.filter(([name]) => (values[name] ?? null) === null).map(([name]) => name);
  return missing === undefined ? null : error('REQUIRED_FIELD_MISSING', `Required fields are missing: [${missing}]`, missing);
}
