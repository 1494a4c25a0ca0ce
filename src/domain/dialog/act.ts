/** The acts that the language model scores, one CONTROL token each (`models/starter/act/act.json` has the same list). */
export const ACTS = [
  'book',
  'reschedule',
  'cancel',
  'answer',
  'confirm_yes',
  'confirm_no',
  'correct',
  'question',
  'message',
  'human',
  'emergency',
  'repeat',
  'goodbye',
  'other',
] as const;
export type Act = (typeof ACTS)[number];

/** A scored act: `probability` is calibrated, `margin` is the distance to the second best. */
export interface ActScore {
  readonly act: Act;
  readonly probability: number;
  readonly margin: number;
}
