import type {
  BookingPayload,
  Intent,
  IntentKind,
  IntentPayload,
  MessagePayload,
  NoticePayload,
  OpKind,
  OpPayload,
  RecordKind,
} from './intent.ts';
import { opKey } from './op-key.ts';

/** One step of a plan: one kind of record in one destination. */
export interface PlanStep {
  /** Unique in its plan; part of the key, so that it never changes while a plan is under way. */
  readonly name: string;
  readonly kind: IntentKind | RecordKind;
  /** Id of the destination. */
  readonly destination: string;
}

/**
 * What one intent means for the destinations, in order. Exactly one step is of the intent's own kind: the pivot. What stands before it
 * is taken back when the pivot cannot be had; what stands after it only goes forward.
 */
export type Plan = readonly PlanStep[];
export type Plans = Readonly<Record<IntentKind, Plan>>;
export type StepRole = 'before' | 'pivot' | 'after';

/** Without configuration: appointments in the calendar, messages in the local inbox. */
export const DEFAULT_PLANS: Plans = {
  booking: [{ name: 'booking', kind: 'booking', destination: 'calendar' }],
  reschedule: [{ name: 'reschedule', kind: 'reschedule', destination: 'calendar' }],
  cancel: [{ name: 'cancel', kind: 'cancel', destination: 'calendar' }],
  message: [{ name: 'message', kind: 'message', destination: 'inbox' }],
};

/** How a promised confirmation reaches a caller by itself. */
export interface ConfirmationChannel {
  readonly channel: NoticePayload['channel'];
  readonly destination: string;
  /** Numbers that it reaches, as a regular expression on E.164. */
  readonly reaches: RegExp;
  readonly subject: string;
  /** With `{service}` and `{when}`. */
  readonly text: string;
  /** The start of an appointment in words: "Thursday, 5 March, 10:30". */
  readonly when: (start: string) => string;
}

/** An operation that a plan makes of an intent. */
export interface PlannedOp {
  readonly step: string;
  readonly role: StepRole;
  readonly destination: string;
  /** Names the operation in the ledger. */
  readonly key: string;
  readonly payload: OpPayload;
}

/** Makes operations of intents. Pure; the plan of an intent is frozen in the ledger when it is accepted. */
export interface Planner {
  plan(intent: Intent): { readonly plan: Plan; readonly ops: readonly PlannedOp[] };
  /** The confirmation that a promise will send, or null when no channel reaches this caller: then a person calls back. */
  confirmation(payload: OpPayload): { readonly destination: string; readonly payload: NoticePayload } | null;
}

const bookingNote = ({ serviceName, start, name }: BookingPayload): string =>
  `${serviceName} on ${start} for ${name}, agreed on the telephone.`;

/** What a step writes for an intent; null when the intent does not say enough for it (a message without a number has no contact). */
function payloadOf(kind: OpKind, intent: IntentPayload): OpPayload | null {
  if (kind === intent.kind) return intent;
  if (intent.kind !== 'booking' && intent.kind !== 'message') return null;
  const { name, phone } = intent;
  const text = intent.kind === 'booking' ? bookingNote(intent) : intent.text;
  switch (kind) {
    case 'contact':
      return name === null || phone === null ? null : { kind, name, phone };
    case 'note':
      return phone === null ? null : { kind, title: intent.kind === 'booking' ? 'Appointment made' : 'Message', text, phone };
    case 'message':
      return { kind, name, phone, text, urgent: false } satisfies MessagePayload;
    case 'booking':
    case 'notice':
    case 'reschedule':
    case 'cancel':
      return null;
  }
}

export function createPlanner(plans: Plans = DEFAULT_PLANS, confirmations: readonly ConfirmationChannel[] = []): Planner {
  return {
    plan: (intent) => {
      const plan = plans[intent.payload.kind];
      const pivotAt = plan.findIndex(({ kind }) => kind === intent.payload.kind);
      const pivotKey = opKey(intent);
      const ops = plan.flatMap(({ name, kind, destination }, index): readonly PlannedOp[] => {
        const payload = payloadOf(kind, intent.payload);
        if (payload === null) return [];
        const role = index < pivotAt ? 'before' : index > pivotAt ? 'after' : 'pivot';
        return [{ step: name, role, destination, key: role === 'pivot' ? pivotKey : `${pivotKey}.${name}`, payload }];
      });
      return { plan, ops };
    },
    confirmation: (payload) => {
      if (payload.kind !== 'booking') return null;
      const channel = confirmations.find(({ reaches }) => reaches.test(payload.phone));
      if (channel === undefined) return null;
      const text = channel.text.replaceAll('{service}', payload.serviceName).replaceAll('{when}', channel.when(payload.start));
      return {
        destination: channel.destination,
        payload: { kind: 'notice', channel: channel.channel, to: payload.phone, subject: channel.subject, text },
      };
    },
  };
}

/** What is wrong with a plan, in words that name the step; null when nothing is. `kindsOf`: what a destination can hold, null when unknown. */
export function planProblem(intent: IntentKind, plan: Plan, kindsOf: (destination: string) => readonly RecordKind[] | null): string | null {
  const pivots = plan.filter(({ kind }) => kind === intent);
  if (pivots.length !== 1) return `needs exactly one step of the kind ${intent}, has ${pivots.length}`;
  const names = plan.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `has two steps named ${twice}`;
  for (const { name, kind, destination } of plan) {
    const kinds = kindsOf(destination);
    if (kinds === null) return `step ${name}: there is no destination ${destination}`;
    const held = kind === 'reschedule' || kind === 'cancel' ? 'booking' : kind;
    if (!kinds.includes(held)) return `step ${name}: ${destination} does not hold the kind ${held}, only ${kinds.join(', ')}`;
    if (kind !== intent && !EXTRA[intent].includes(kind)) return `step ${name}: a ${intent} makes no ${kind}`;
  }
  return null;
}

/** Kinds of step that an intent can have beside its own. */
const EXTRA: Readonly<Record<IntentKind, readonly OpKind[]>> = {
  booking: ['contact', 'note', 'message'],
  message: ['contact', 'note'],
  reschedule: [],
  cancel: [],
};
