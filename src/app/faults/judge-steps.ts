import type { OpId } from '../../base/ids.ts';
import type { OpView, TaskView } from '../../domain/writeback/intent.ts';
import { remoteIdOf } from '../../domain/writeback/op-key.ts';
import { isFinal } from '../../domain/writeback/reduce-op.ts';
import type { Failure } from './judge.ts';
import type { PlayedStory } from './played.ts';
import type { HeldRecord } from './target.ts';

/** Further steps of plans, and what the destination holds of them. */
export interface StepFacts {
  /** Every operation of the calls of each story. */
  readonly plans: ReadonlyMap<number, readonly OpView[]>;
  /** Null where the plans write nothing beside appointments. */
  readonly records: readonly HeldRecord[] | null;
  /** Reasons of the tasks that were made for each operation. */
  readonly tasks: ReadonlyMap<OpId, readonly TaskView['reason'][]>;
}

type Report = (failure: Failure, what: string) => void;

const REFUSED: ReadonlySet<OpView['state']> = new Set(['rejected', 'conflict', 'dead', 'compensated']);
const INBOX = 'inbox';

const isWritten = ({ kind, role, destination }: OpView): boolean =>
  role !== 'undo' && destination !== INBOX && (kind === 'contact' || kind === 'note' || kind === 'message');

/** Every step ends, and one that ends without its record ends with a person, unless its plan took it back or never came to it. */
function judgeEnd(row: OpView, asked: readonly OpId[], { tasks }: StepFacts, report: Report): void {
  if (!isFinal(row.state)) return report('lost', `the ${row.kind} of ${row.step} is never decided, but ${row.state}`);
  if (row.state === 'verified' || row.state === 'compensated' || row.role === 'undo') return;
  // What comes to nothing before the appointment ends with the request itself.
  const concerned = row.role === 'before' ? [row.op, ...asked] : [row.op];
  const isToldOf = concerned.some((op) => (tasks.get(op) ?? []).length > 0);
  if (!isToldOf) report('lost', `the ${row.kind} of ${row.step} is ${row.state}, and no person was asked`);
}

/** What a note or a message has to hold of what was agreed. */
function saysWhatWasAgreed({ text }: HeldRecord, { payload }: OpView): boolean {
  return (payload.kind === 'note' || payload.kind === 'message') && text.includes(payload.text) && text.includes(payload.phone ?? '');
}

/** A note or a message stands once under its key, and not at all when it was refused. */
function judgeRecord(row: OpView, records: readonly HeldRecord[], report: Report): void {
  const uid = remoteIdOf(row.key);
  const own = records.filter((record) => record.uid === uid);
  const where = own.map((record) => record.where).join(', ');
  if (own.length > 1) report('duplicated', `${own.length} records of one ${row.kind}: ${where}`);
  if (row.state === 'verified' && !own.some((record) => saysWhatWasAgreed(record, row)))
    report('lost', own.length === 0 ? `the ${row.kind} is verified, and nothing stands` : `what stands is not what was agreed: ${where}`);
  if (REFUSED.has(row.state) && own.length > 0) report('orphans', `the ${row.kind} was refused, and there is ${where}`);
}

/** A person is one contact, whichever call it comes from, and none when every plan that wanted it was given up. */
function judgeContacts(phone: string, rows: readonly OpView[], records: readonly HeldRecord[], report: Report): void {
  const wanted = rows.filter(({ payload, role }) => role !== 'undo' && payload.kind === 'contact' && payload.phone === phone);
  const own = records.filter((record) => record.kind === 'contact' && record.phone === phone);
  const where = own.map((record) => record.where).join(', ');
  if (own.length > 1) report('duplicated', `${own.length} contacts of one caller: ${where}`);
  const [standing] = wanted.filter(({ state }) => state === 'verified');
  if (standing !== undefined) {
    const name = standing.payload.kind === 'contact' ? standing.payload.name : '';
    if (!own.some((record) => record.text === name)) report('lost', `the contact is verified, and there is ${where || 'none'}`);
  } else if (wanted.every(({ state }) => REFUSED.has(state)) && own.length > 0) {
    report('orphans', `the contact was given up, and there is ${where}`);
  }
}

/** Compares the further steps of a story's plans with what stands in the destination. */
export function judgeSteps({ plan, ops }: PlayedStory, facts: StepFacts, report: Report): void {
  const rows = facts.plans.get(plan.index) ?? [];
  const asked = ops.flatMap(({ op }) => op ?? []);
  for (const row of rows) if (!asked.includes(row.op)) judgeEnd(row, asked, facts, report);
  const { records } = facts;
  if (records === null) return;
  for (const row of rows) if (isWritten(row) && row.kind !== 'contact') judgeRecord(row, records, report);
  for (const { phone } of plan.callers) judgeContacts(phone, rows, records, report);
}

/** Records that carry the key of nobody, or the number of nobody. */
export function strangers({ plans, records }: StepFacts, phones: ReadonlySet<string>): readonly HeldRecord[] {
  const uids = new Set([...plans.values()].flatMap((rows) => rows.map(({ key }) => remoteIdOf(key))));
  return (records ?? []).filter(({ kind, uid, phone }) => (kind === 'contact' ? !phones.has(phone ?? '') : uid === null || !uids.has(uid)));
}
