import { FRAME_SAMPLES, msToSamples } from '../base/units.ts';
import { applyGain, dbToGain, gainToDb, levelDbfs, rms } from './level.ts';

/** Level of spoken clauses over their voiced frames, in dBFS: loud and clear on the telephone with room for peaks (ITU-T P.56 speaks of active speech level). */
export const SPEECH_LEVEL_DBFS = -20;
/** A frame quieter than this is silence when a clause is trimmed or levelled. */
const SILENCE_DBFS = -50;
const GAIN_DB_MAX = 24;
/** Peaks stay below this share of full scale. */
const PEAK_MAX = 0.97;
const LEAD_KEPT_MS = 10;
const TAIL_KEPT_MS = 150;

function peakOf(pcm: Int16Array): number {
  let peak = 0;
  for (const sample of pcm) peak = Math.max(peak, Math.abs(sample));
  return peak / 32_768;
}

function voicedFrames(pcm: Int16Array): { readonly first: number; readonly end: number; readonly level: number } | null {
  let first = -1;
  let end = 0;
  let power = 0;
  let voiced = 0;
  for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) {
    const frame = pcm.subarray(at, at + FRAME_SAMPLES);
    if (levelDbfs(frame) < SILENCE_DBFS) continue;
    if (first < 0) first = at;
    end = at + frame.length;
    power += rms(frame) ** 2;
    voiced += 1;
  }
  return voiced === 0 ? null : { first, end, level: Math.sqrt(power / voiced) };
}

/**
 * Makes a rendered clause ready to be played: leading silence goes (it would be heard as delay), trailing silence is kept to a breath,
 * and the voiced part is brought to {@link SPEECH_LEVEL_DBFS}. Returns an empty array when nothing in it is audible. 8 kHz.
 */
export function finishClause(pcm: Int16Array): Int16Array {
  const voiced = voicedFrames(pcm);
  if (voiced === null) return new Int16Array(0);
  const start = Math.max(0, voiced.first - msToSamples(LEAD_KEPT_MS));
  const end = Math.min(pcm.length, voiced.end + msToSamples(TAIL_KEPT_MS));
  const gainDb = Math.min(GAIN_DB_MAX, SPEECH_LEVEL_DBFS - gainToDb(voiced.level));
  const spoken = pcm.subarray(start, end);
  const gain = Math.min(dbToGain(gainDb), PEAK_MAX / Math.max(peakOf(spoken), 1e-6));
  return applyGain(spoken, gain, gain);
}
