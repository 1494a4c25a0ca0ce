import { describe, expect, it } from 'vitest';
import { decodeAlaw, encodeAlaw } from '../../../src/audio/alaw.ts';

describe('A-law', () => {
  it('decodes the codes that ITU-T G.711 names', () => {
    // Codes for zero, the smallest and largest values of both signs, as 13-bit values on a 16-bit scale.
    expect([...decodeAlaw(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a, 0x80, 0x00))]).toEqual([8, -8, 32_256, -32_256, 5504, -5504]);
  });

  it('gives every code back that it decoded', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect([...encodeAlaw(decodeAlaw(codes))]).toEqual([...codes]);
  });

  it('is never off by more than one step of the segment', () => {
    for (let sample = -32_768; sample <= 32_767; sample += 7) {
      const [heard = 0] = decodeAlaw(encodeAlaw(Int16Array.of(sample)));
      expect(Math.abs(heard - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16));
    }
  });
});
