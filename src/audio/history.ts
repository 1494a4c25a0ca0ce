/** The most recent samples of a stream, addressed by their position from its beginning. Bounded: older ones are overwritten. */
export interface PcmHistory {
  push(pcm: Int16Array): void;
  /** Samples pushed so far: the position of the next one. */
  position(): number;
  /** What is still there from `position` (or the oldest kept sample, if that is later) to now. */
  since(position: number): Int16Array;
}

export function createPcmHistory(capacitySamples: number): PcmHistory {
  const ring = new Int16Array(capacitySamples);
  let written = 0;
  return {
    push: (pcm) => {
      const tail = pcm.length > capacitySamples ? pcm.subarray(pcm.length - capacitySamples) : pcm;
      let at = (written + pcm.length - tail.length) % capacitySamples;
      for (const sample of tail) {
        ring[at] = sample;
        at = at + 1 === capacitySamples ? 0 : at + 1;
      }
      written += pcm.length;
    },
    position: () => written,
    since: (position) => {
      const from = Math.max(0, written - capacitySamples, position);
      const out = new Int16Array(Math.max(0, written - from));
      for (let i = 0; i < out.length; i += 1) out[i] = ring[(from + i) % capacitySamples] ?? 0;
      return out;
    },
  };
}
