import { z } from 'zod';
import { OUTCOMES } from '../../domain/dialog/dialog.ts';
import { CORRECTABLE, FAULT_KINDS, KILLABLE } from '../../domain/scenario/scenario.ts';
import { SLOTS, UTTERANCE_KINDS } from '../../domain/utterance/utterance.ts';

/** The scenario format as it is written (docs/SCENARIOS.md). Every object is strict: an unknown key is an error. */

const oneOrMany = <T extends z.ZodType>(schema: T) => z.union([schema, z.array(schema).min(1)]);
const ms = z.number().int().min(0).max(120_000);
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164, such as +493055501234');
const start = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?$/, 'must be like 2026-03-05T10:30, with or without offset');
const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2026-03-09');
const pattern = z
  .string()
  .min(1)
  .refine((text) => {
    const source = /^\/(.*)\/$/s.exec(text)?.[1];
    if (source === undefined) return true;
    try {
      return new RegExp(source, 'iu') instanceof RegExp;
    } catch {
      return false;
    }
  }, 'is not a valid regular expression');

const entry = z.strictObject({ start, minutes: z.number().int().min(1).max(1440), text: z.string().min(1).max(200).optional() });
const fields = {
  kind: oneOrMany(z.enum(UTTERANCE_KINDS)).optional(),
  asks: oneOrMany(z.enum(SLOTS)).optional(),
  template: oneOrMany(z.string().min(1)).optional(),
  text: oneOrMany(pattern).optional(),
};
const matcher = z
  .strictObject(fields)
  .refine((value) => Object.values(value).some((part) => part !== undefined), 'needs one of kind, asks, template, text');
const hear = z.union([z.strictObject({ ended: z.literal(true) }), matcher]);
const after = z.strictObject({
  event: z.enum(['agent.speech_started', 'agent.speech_ended', 'caller.speech_ended']),
  delayMs: ms.default(0),
});
const killable = z.enum(KILLABLE);
const deed = z.union([z.strictObject({ kill: killable }), z.strictObject({ freeze: killable }), z.strictObject({ calendarAdd: entry })]);

const step = z.union([
  z.strictObject({ hear }),
  z.strictObject({ say: z.string().min(1), after: after.optional() }),
  z.strictObject({ dtmf: z.string().regex(/^[0-9*#]+$/, 'may hold only 0-9, * and #') }),
  z.strictObject({ silence: ms }),
  z.strictObject({ do: deed }),
  z.strictObject({ hangup: z.literal(true), after: after.optional() }),
]);

const replies = z.strictObject({
  ...Object.fromEntries(SLOTS.map((slot) => [slot, oneOrMany(z.string().min(1)).optional()])),
  wrong: z.partialRecord(z.enum(CORRECTABLE), z.string().min(1)).optional(),
});

const voice = z.union([
  z.strictObject({
    engine: z.enum(['espeak-ng', 'flite']),
    name: z.string().min(1),
    wordsPerMinute: z.number().int().min(80).max(400).optional(),
  }),
  z.strictObject({ file: z.string().min(1) }),
]);
const line = z.strictObject({
  codec: z.enum(['alaw', 'ulaw']).default('alaw'),
  noiseDbfs: z.number().min(-90).max(0).nullable().default(null),
  lossPct: z.number().min(0).max(50).default(0),
  delayMs: ms.max(2000).default(0),
});
const person = { name: z.string().optional() };
const caller = z.union([
  z.literal('anonymous'),
  z.strictObject({ number: phone, ...person }),
  z.strictObject({ number: z.literal('anonymous'), ...person }),
  z.strictObject({ anonymous: z.literal(true), ...person }),
]);

const call = z.strictObject({
  caller: caller.optional(),
  voice: voice.optional(),
  line: line.optional(),
  steps: z.array(step),
  replies: replies.optional(),
});

const fault = z.union([
  z.strictObject({
    destination: z.literal('calendar'),
    kind: z.enum(FAULT_KINDS),
    times: z.number().int().min(1).max(100).optional(),
    forSeconds: z.number().min(0.1).max(300).optional(),
    delayMs: ms.optional(),
  }),
  z.strictObject({ process: killable, kind: z.literal('down') }),
]);

const booking = z.strictObject({
  service: z.string().optional(),
  start: start.optional(),
  name: z.string().optional(),
  phone: phone.optional(),
});
const heardPattern = z.union([pattern, matcher]);

const expectSchema = z.strictObject({
  outcome: oneOrMany(z.enum(OUTCOMES)).optional(),
  booking: booking.optional(),
  destination: z
    .strictObject({ entries: z.number().int().min(0).optional(), withinSeconds: z.number().min(0).max(300).optional() })
    .optional(),
  message: z
    .strictObject({ count: z.number().int().min(0).optional(), phone: phone.optional(), mentions: z.array(z.string().min(1)).optional() })
    .optional(),
  tasks: z.strictObject({ open: z.number().int().min(0) }).optional(),
  said: z.array(heardPattern).optional(),
  neverSaid: z.array(heardPattern).optional(),
  heardWithin: z.strictObject({ first: z.number().min(0).optional(), every: z.number().min(0).optional() }).optional(),
  transferContext: z
    .strictObject({ transcript: z.boolean().optional(), intent: z.boolean().optional(), sentiment: z.boolean().optional() })
    .optional(),
});

export const scenarioSchema = z
  .strictObject({
    name: z.string().min(1),
    why: z.string().min(1),
    language: z.literal('en').default('en'),
    given: z
      .strictObject({
        now: z.iso.datetime({ offset: true }).optional(),
        caller: caller.optional(),
        busy: z.array(entry).optional(),
        holidays: z.array(isoDay).optional(),
        people: z.enum(['answers', 'nobody']).optional(),
        previous: z
          .array(
            z.strictObject({
              minutesAgo: z.number().min(0),
              number: phone,
              state: z.enum(['accepted', 'committed', 'verified']),
              booking: z.strictObject({ service: z.string(), start, name: z.string().optional() }),
            }),
          )
          .optional(),
        faults: z.array(fault).optional(),
      })
      .prefault({}),
    voice: voice.optional(),
    line: line.optional(),
    steps: z.array(step).optional(),
    replies: replies.optional(),
    calls: z.array(call).min(1).max(10).optional(),
    callers: z.array(call).min(1).max(10).optional(),
    expect: expectSchema,
  })
  .refine(
    ({ steps, calls, callers }) => [steps, calls, callers].filter((part) => part !== undefined).length === 1,
    'needs exactly one of steps, calls, callers',
  );

export type ScenarioFile = z.infer<typeof scenarioSchema>;
export type CallFile = z.infer<typeof call>;
export type StepFile = z.infer<typeof step>;
export type DeedFile = z.infer<typeof deed>;
export type MatcherFile = z.infer<typeof matcher>;
