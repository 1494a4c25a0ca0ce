import type { HeldRecord } from '../target.ts';
import type { KillableTryton } from './killable-tryton.ts';

interface PartyRow {
  readonly id: number;
  readonly code: string | null;
  readonly name: string | null;
  readonly phone: string | null;
}
interface NoteRow {
  readonly id: number;
  readonly message: string;
}

const UID = /\b[a-z2-7]{26}\b/;
const PHONE = /\+\d{6,}/;

const PARTIES = `SELECT party.id, party.code, party.name, mechanism.value_compact AS phone FROM party_party AS party
  JOIN party_contact_mechanism AS mechanism ON mechanism.party = party.id WHERE party.active`;
const NOTES = 'SELECT id, message FROM ir_note';

/** What stands in Tryton's database, read past the server: every contact with a telephone number, and every note. */
export function recordsIn(tryton: Pick<KillableTryton, 'rows'>): readonly HeldRecord[] {
  const parties = tryton.rows(PARTIES) as readonly PartyRow[];
  const notes = tryton.rows(NOTES) as readonly NoteRow[];
  return [
    ...parties.map(({ id, code, name, phone }): HeldRecord => ({
      kind: 'contact',
      where: `party.party,${id}`,
      uid: code,
      phone,
      text: name ?? '',
    })),
    ...notes.map(({ id, message }): HeldRecord => {
      const kind = message.startsWith('Message by telephone') ? 'message' : 'note';
      const [uid = null] = UID.exec(message) ?? [];
      const [phone = null] = PHONE.exec(message) ?? [];
      return { kind, where: `ir.note,${id}`, uid, phone, text: message };
    }),
  ];
}
