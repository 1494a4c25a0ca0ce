/** The practice as the dialog knows it; made from the profile file by `src/config`. Local times are `HH:MM` in `timeZone`. */
export interface PracticeProfile {
  readonly id: string;
  /** As spoken: "Doctor Weber's practice". */
  readonly spokenName: string;
  /** IANA zone, such as Europe/Berlin. */
  readonly timeZone: string;
  readonly language: string;
  /** Spoken emergency number, such as 112. */
  readonly emergencyNumber: string;
  /** Country of numbers given without prefix, ISO 3166 (DE). */
  readonly phoneCountry: string;
  /** Seven entries, Monday first; each a list of opening spans. */
  readonly openingHours: readonly (readonly OpeningSpan[])[];
  /** Closed days, ISO dates. */
  readonly holidays: readonly string[];
  readonly services: readonly Service[];
  readonly questions: readonly Question[];
  readonly people: readonly string[];
  /** How far ahead bookings are possible, in days. */
  readonly horizonDays: number;
  /** Words that the recogniser should also know: streets, names, local terms. */
  readonly vocabulary: readonly string[];
}

export interface OpeningSpan {
  readonly from: string;
  readonly to: string;
}

export interface Service {
  readonly id: string;
  /** As spoken, with article: "a check-up". */
  readonly spokenName: string;
  /** Other words callers use for it, lower case. */
  readonly phrases: readonly string[];
  readonly minutes: number;
  /** Slots start on these minutes of the hour. */
  readonly startsAtMinutes: readonly number[];
}

/** An approved question and its answer. */
export interface Question {
  readonly id: string;
  /** Lower-case phrases that mean this question. */
  readonly phrases: readonly string[];
  readonly answer: string;
}
