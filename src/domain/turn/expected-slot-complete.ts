import type { TurnEndStrategy } from './endpointing.ts';

const COMPLETE_SILENCE_MS = 200;
const BEGUN_SILENCE_MS = 900;

/** The answer that was asked for is there: nothing more is needed. A begun one gets time. */
export const expectedSlotComplete: TurnEndStrategy = ({ asked, slot }) => {
  if (asked === null || slot === 'absent') return null;
  return slot === 'complete' ? COMPLETE_SILENCE_MS : BEGUN_SILENCE_MS;
};
