import { describe, expect, it } from 'vitest';
import { decideBargeIn, isBackchannel } from '../../../../src/domain/turn/barge-in.ts';
import { isEcho } from '../../../../src/domain/turn/echo.ts';
import { turnEndSilenceMs, TURN_SILENCE_MS_MAX } from '../../../../src/domain/turn/endpointing.ts';

describe('the end of a turn', () => {
  it.each([
    [{ asked: 'confirm', text: 'yes please', slot: 'complete' }, 200],
    [{ asked: 'time', text: 'ten thirty', slot: 'complete' }, 200],
    [{ asked: 'time', text: 'ten thirty and', slot: 'complete' }, 1200],
    [{ asked: 'phone', text: 'oh three oh', slot: 'partial' }, 1100],
    [{ asked: 'phone', text: 'yes', slot: 'complete' }, 200],
    [{ asked: 'name', text: 'b e c', slot: 'partial' }, 1100],
    [{ asked: 'name', text: 'laura becker', slot: 'complete' }, 200],
    [{ asked: null, text: 'i would like to book an appointment', slot: 'absent' }, 450],
    [{ asked: 'intent', text: '', slot: 'absent' }, 700],
  ] as const)('%j ends after %d ms of silence', (input, silenceMs) => {
    expect(turnEndSilenceMs(input)).toBe(silenceMs);
    expect(turnEndSilenceMs(input)).toBeLessThanOrEqual(TURN_SILENCE_MS_MAX);
  });
});

describe('voice over the agent', () => {
  it.each([
    [{ voicedMs: 100, text: '', isProtected: false }, 'ignore'],
    [{ voicedMs: 220, text: '', isProtected: false }, 'duck'],
    [{ voicedMs: 400, text: 'mhm', isProtected: false }, 'duck'],
    [{ voicedMs: 400, text: 'i see', isProtected: false }, 'duck'],
    [{ voicedMs: 400, text: 'next thursday', isProtected: false }, 'stop'],
    [{ voicedMs: 360, text: 'stop', isProtected: false }, 'stop'],
    [{ voicedMs: 360, text: '', isProtected: false }, 'duck'],
    [{ voicedMs: 720, text: '', isProtected: false }, 'stop'],
    [{ voicedMs: 2000, text: 'i want to book', isProtected: true }, 'ignore'],
  ] as const)('%j → %s', (input, decision) => {
    expect(decideBargeIn(input)).toBe(decision);
  });

  it('knows signs of listening from answers', () => {
    expect(isBackchannel('mhm okay')).toBe(true);
    expect(isBackchannel('okay thursday')).toBe(false);
  });
});

describe('the echo guard', () => {
  it('drops our own words and keeps an answer that repeats one of them', () => {
    expect(isEcho('on which day would you', 'On which day would you like to come?')).toBe(true);
    expect(isEcho('thursday the fifth please', 'I have Thursday or Friday.')).toBe(false);
  });
});
