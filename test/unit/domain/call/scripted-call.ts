import { asCallId, asUtteranceId } from '../../../../src/base/ids.ts';
import type { CallEffect } from '../../../../src/domain/call/effect.ts';
import type { CallEvent } from '../../../../src/domain/call/event.ts';
import { initialCall, reduceCall } from '../../../../src/domain/call/reduce-call.ts';
import type { CallState } from '../../../../src/domain/call/state.ts';
import type { DialogInput, DialogMove } from '../../../../src/domain/dialog/dialog.ts';
import type { PracticeProfile } from '../../../../src/domain/hours/practice.ts';
import { draft, scriptedBrain } from './scripted-brain.ts';

const practice: PracticeProfile = {
  id: 'p',
  spokenName: 'the practice',
  timeZone: 'Europe/Berlin',
  language: 'en',
  emergencyNumber: '112',
  phoneCountry: 'DE',
  openingHours: [[], [], [], [], [], [], []],
  holidays: [],
  services: [],
  questions: [],
  people: [],
  horizonDays: 30,
  vocabulary: [],
};
const context = { practice, nowEpochMs: 0, limits: { fillerAfterMs: 450, noInputMs: 7000, lengthMsMax: 60_000 } };
const first = {
  type: 'call.arrived',
  call: asCallId('c1'),
  did: '100',
  callerNumber: '+493055501234',
  verstat: null,
  ownBookings: [],
} as const;

/** Plays events through the reducer; `until` gives the effects of the last event only. */
export function play(answer: (input: DialogInput) => readonly DialogMove[], events: readonly CallEvent[]) {
  const { brain, heard } = scriptedBrain(answer);
  let state: CallState = initialCall(first, brain);
  let effects: readonly CallEffect[] = [];
  for (const event of events) ({ state, effects } = reduceCall(state, event, { brain, context }));
  return {
    state,
    effects,
    heard,
    types: effects.map(({ type }) => type),
    next: (event: CallEvent) => reduceCall(state, event, { brain, context }),
  };
}

export const u1 = asUtteranceId('u1');
export const greeting = (input: DialogInput): readonly DialogMove[] =>
  input.type === 'call_started' ? [{ type: 'say', utterance: draft('Hello.') }] : [];
export const opened: readonly CallEvent[] = [first, { type: 'call.answered' }, { type: 'leg.opened', atMs: 0 }];
export const listening: readonly CallEvent[] = [
  ...opened,
  { type: 'agent.speech_started', atMs: 10, utterance: u1 },
  { type: 'agent.speech_ended', atMs: 900, utterance: u1, cause: 'played', clausesPlayed: 1 },
];
export const saying = (text: string): readonly CallEvent[] => [
  { type: 'caller.speech_started', atMs: 2000 },
  { type: 'caller.partial_heard', atMs: 2400, text },
  { type: 'caller.speech_ended', atMs: 2800, decidedAtMs: 2900 },
];
