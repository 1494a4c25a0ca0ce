import { describe, expect, it } from 'vitest';
import { asOpId } from '../../../../src/base/ids.ts';
import { talk } from './conversation.ts';

const OWN = {
  op: asOpId('op0'),
  service: 'check-up',
  start: '2026-03-05T10:30:00+01:00',
  name: 'Laura Becker',
  ageMinutes: 2,
};

describe('corrections and second thoughts', () => {
  it.each([
    ['no, Thursday', '2026-03-05T10:30:00+01:00'],
    ['sorry half past two', '2026-03-04T14:30:00+01:00'],
  ])('takes "%s" while the name is asked', (correction, start) => {
    const call = talk();
    call.hears('a check up on wednesday at ten thirty');
    expect(call.asked()).toBe('name');
    call.hears(correction);
    expect(call.asked()).toBe('name');
    call.hears('Laura Becker');
    call.hears('yes please');
    call.hears('yes');
    expect(call.submitted()[0]).toMatchObject({ name: 'Laura Becker', start });
  });

  it('takes another day while the number is asked, and keeps the time', () => {
    const call = talk();
    call.hears('a check up on wednesday at ten thirty');
    call.hears('Laura Becker');
    expect(call.asked()).toBe('phone');
    call.hears('no, Friday');
    expect(call.asked()).toBe('phone');
    call.hears('oh three oh five five five oh one two three four');
    expect(call.hears('yes')).toContain('booked');
    expect(call.submitted()[0]).toMatchObject({ start: '2026-03-06T10:30:00+01:00', phone: '+493055501234' });
  });

  it('does not take doubt for a yes', () => {
    const call = talk();
    for (const text of ['a check up on thursday at ten thirty', 'Laura Becker', 'yes please', 'i am not sure, sorry']) call.hears(text);
    expect(call.submitted()).toEqual([]);
    expect(call.asked()).toBe('confirm');
  });

  it('does not take "just a second" for the second time that was offered', () => {
    const call = talk();
    call.hears('a check up on thursday');
    expect(call.asked()).toBe('time');
    call.hears('just a second');
    expect(call.asked()).toBe('time');
    call.hears('the second one');
    expect(call.asked()).toBe('name');
  });

  it('asks a caller who calls again for the time that is theirs already', () => {
    const call = talk({ busy: ['2026-03-05T10:30'], context: { ownBookings: [OWN] } });
    expect(call.hears('a check up on thursday at ten thirty')).toContain('Do you want another one?');
    expect(call.hears('no')).toContain('leave it as it is');
    expect(call.submitted()).toEqual([]);
  });

  it('offers other times to a caller who wants another one', () => {
    const call = talk({ busy: ['2026-03-05T10:30'], context: { ownBookings: [OWN] } });
    call.hears('a check up on thursday at ten thirty');
    expect(call.hears('yes')).toContain("ten o'clock");
    expect(call.asked()).toBe('time');
    call.hears('at eleven');
    expect(call.asked()).toBe('name');
  });

  it('looks at the days after a full one', () => {
    const call = talk({ busy: ['2026-03-05'] });
    const answer = call.hears('a check up on thursday');
    expect(answer).toContain('Nothing is free on Thursday, the fifth of March.');
    expect(answer).toContain('On Friday, the sixth of March');
    expect(call.asked()).toBe('time');
  });

  it('tells the time that a moved appointment has in the destination', () => {
    const call = talk({
      context: { ownBookings: [{ ...OWN, ageMinutes: 4000 }] },
      settle: () => ({
        state: 'verified',
        op: asOpId('op1'),
        fingerprint: 'f',
        readBack: { kind: 'reschedule', target: OWN.op, start: '2026-03-06T09:00:00+01:00' },
      }),
    });
    call.hears('i want to move my appointment');
    call.hears('friday at nine');
    const moved = call.said.find(({ kind }) => kind === 'commitment');
    expect(moved?.clauses.join(' ')).toContain("Friday, the sixth of March, at nine o'clock.");
    expect(moved?.proof).toEqual({ op: 'op1', fingerprint: 'f' });
  });

  it('counts a request that could not be decided in time for what it will become', () => {
    const call = talk({ settle: () => ({ state: 'pending', op: asOpId('op1'), channel: 'human_task' }) });
    for (const text of ['a check up on thursday at ten thirty', 'Laura Becker', 'yes please', 'yes', 'no thank you']) call.hears(text);
    expect(call.ending()).toBe('booked');
    expect(call.said.some(({ kind }) => kind === 'commitment')).toBe(false);
  });

  it('goes on with a number that is dictated in two parts', () => {
    const call = talk();
    for (const text of ['a check up on thursday at ten thirty', 'Laura Becker', 'oh one seven one']) call.hears(text);
    expect(call.asked()).toBe('phone');
    call.hears('one two three four five six seven eight');
    call.hears('yes');
    expect(call.submitted()[0]).toMatchObject({ phone: '+4917112345678' });
  });

  it('asks anew for what is said to be wrong', () => {
    const call = talk();
    for (const text of ['a check up on thursday at ten thirty', 'Laura Baker', 'yes please', 'no the name is wrong']) call.hears(text);
    expect(call.asked()).toBe('name');
    call.hears('Laura Becker');
    call.hears('yes ten thirty is fine');
    expect(call.submitted()[0]).toMatchObject({ name: 'Laura Becker', start: '2026-03-05T10:30:00+01:00' });
  });

  it('offers earlier times when asked for them', () => {
    const call = talk();
    call.hears('a check up on thursday');
    expect(call.hears('do you have anything earlier')).toContain("eight o'clock, eight thirty or nine o'clock");
    expect(call.hears('later please')).toContain("four thirty, five o'clock or five thirty");
  });

  it('takes "use this number" and "no, eleven" as they are meant', () => {
    const call = talk();
    for (const text of ['a check up on thursday at ten thirty', 'Laura Becker', "the one i'm calling from", 'no eleven', 'yes'])
      call.hears(text);
    expect(call.submitted()[0]).toMatchObject({ phone: '+493055501234', start: '2026-03-05T11:00:00+01:00' });
  });
});
