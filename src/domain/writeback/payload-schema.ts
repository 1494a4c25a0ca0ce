import type { OpKind } from './intent.ts';

/** Longest texts that a caller's request may hold; what is longer did not come from a conversation. */
const NAME_LENGTH_MAX = 120;
const TEXT_LENGTH_MAX = 4000;
const SHORT_LENGTH_MAX = 200;
const MINUTES_MAX = 480;

const name = { type: 'string', minLength: 1, maxLength: NAME_LENGTH_MAX } as const;
/** E.164; or an extension of the house, which has no plus. */
const phone = { type: 'string', pattern: '^\\+?[0-9]{2,15}$' } as const;
const text = { type: 'string', minLength: 1, maxLength: TEXT_LENGTH_MAX } as const;
const short = { type: 'string', minLength: 1, maxLength: SHORT_LENGTH_MAX } as const;
/** ISO 8601 with offset: a time without one means something else in every zone. */
const instant = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2})$' } as const;
const orNull = (schema: object): object => ({ anyOf: [schema, { type: 'null' }] });

function closed(kind: OpKind, properties: Readonly<Record<string, object>>): object {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['kind', ...Object.keys(properties)],
    properties: { kind: { const: kind }, ...properties },
  };
}

/** What the payload of an operation may hold, per kind (JSON Schema 2020-12): no more than the purpose needs (GDPR, article 5(1)(c)). */
export const PAYLOAD_SCHEMAS: Readonly<Record<OpKind, object>> = {
  booking: closed('booking', {
    service: { type: 'string', pattern: '^[a-z0-9-]+$', maxLength: NAME_LENGTH_MAX },
    serviceName: short,
    start: instant,
    minutes: { type: 'integer', minimum: 5, maximum: MINUTES_MAX },
    name,
    phone,
    reason: orNull(short),
  }),
  message: closed('message', { name: orNull(name), phone: orNull(phone), text, urgent: { type: 'boolean' } }),
  reschedule: closed('reschedule', { target: short, start: instant }),
  cancel: closed('cancel', { target: short }),
  contact: closed('contact', { name, phone }),
  note: closed('note', { title: short, text, phone }),
  notice: closed('notice', { channel: { enum: ['sms', 'email'] }, to: short, subject: short, text }),
};
