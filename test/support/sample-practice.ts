import type { PracticeProfile } from '../../src/domain/hours/practice.ts';

const weekday = [
  { from: '08:00', to: '12:00' },
  { from: '14:00', to: '18:00' },
];

/** A practice in Berlin, open on weekdays. */
export function samplePractice(): PracticeProfile {
  return {
    id: 'weber',
    spokenName: "Doctor Weber's practice",
    timeZone: 'Europe/Berlin',
    language: 'en',
    emergencyNumber: '112',
    phoneCountry: 'DE',
    openingHours: [weekday, weekday, weekday, weekday, weekday, [], []],
    holidays: ['2026-12-25'],
    services: [{ id: 'check-up', spokenName: 'a check-up', phrases: [], minutes: 30, startsAtMinutes: [0, 30] }],
    questions: [],
    people: [],
    horizonDays: 60,
    vocabulary: [],
  };
}
