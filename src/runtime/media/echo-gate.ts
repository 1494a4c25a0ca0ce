import { dbToGain } from '../../audio/level.ts';

/** Inbound quieter than this is nobody while the agent speaks. */
const FLOOR = dbToGain(-45);
/** How much louder than the expected echo a caller must be. */
const MARGIN = dbToGain(6);
/** Where the learning begins (a telephone hybrid gives back less), and what it is kept between. */
const COUPLING_START = dbToGain(-20);
const COUPLING_MIN = dbToGain(-40);
/** A caller as loud as the agent always passes. */
const COUPLING_MAX = dbToGain(-6);
/** Share of a new measurement in the learned coupling, per window: rising slowly, since a caller may be behind it; falling faster. */
const RISE = 0.02;
const FALL = 0.05;
/** A stop that turned out to be echo raises the gate by this. */
const FALSE_ALARM_STEP = 1.6;
/** Outbound below this says nothing about echo. */
const OUTBOUND_MIN = dbToGain(-40);

/**
 * Tells a caller from the agent's own echo, as the telephone network has no echo canceller for us. The echo path's gain is learned per call
 * while the agent speaks and nobody else does.
 */
export interface EchoGate {
  /** Levels as shares of full scale. `outbound` is the loudest of the last 400 ms that the caller can be hearing; 0 when silent. */
  admits(inbound: number, outbound: number): boolean;
  learn(inbound: number, outbound: number): void;
  /** What was taken for a caller was echo. */
  falseAlarm(): void;
  coupling(): number;
}

export function createEchoGate(): EchoGate {
  let coupling = COUPLING_START;
  return {
    admits: (inbound, outbound) => outbound <= 0 || inbound > Math.max(FLOOR, outbound * coupling * MARGIN),
    learn: (inbound, outbound) => {
      if (outbound < OUTBOUND_MIN) return;
      const seen = Math.max(COUPLING_MIN, Math.min(COUPLING_MAX, inbound / outbound));
      coupling += (seen - coupling) * (seen > coupling ? RISE : FALL);
    },
    falseAlarm: () => {
      coupling = Math.min(COUPLING_MAX, coupling * FALSE_ALARM_STEP);
    },
    coupling: () => coupling,
  };
}
