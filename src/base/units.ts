/** Sample rate of everything inside the product's audio path, in hertz: the telephone network's own. */
export const SAMPLE_RATE_HZ = 8000;
/** Length of one media frame in milliseconds (RFC 3551 default packetisation). */
export const FRAME_MS = 20;
/** Samples in one media frame at {@link SAMPLE_RATE_HZ}. */
export const FRAME_SAMPLES = (SAMPLE_RATE_HZ * FRAME_MS) / 1000;

export const msToSamples = (ms: number): number => Math.round((ms * SAMPLE_RATE_HZ) / 1000);
export const samplesToMs = (samples: number): number => (samples * 1000) / SAMPLE_RATE_HZ;
