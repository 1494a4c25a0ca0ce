import { describe, expect, test } from 'vitest';
import { createEchoGate } from '../../../../src/runtime/media/echo-gate.ts';

const VOICE = 0.1;

describe('echo gate', () => {
  test('while the agent is silent everybody is heard', () => {
    expect(createEchoGate().admits(0.001, 0)).toBe(true);
  });

  test('a caller over the agent is heard, a faint echo is not', () => {
    const gate = createEchoGate();
    expect(gate.admits(0.06, VOICE)).toBe(true);
    expect(gate.admits(0.015, VOICE)).toBe(false);
  });

  test('a loud echo is learned while it comes back, and a caller above it is still heard', () => {
    const gate = createEchoGate();
    const echo = VOICE * 0.3;
    expect(gate.admits(echo, VOICE)).toBe(true);
    for (let window = 0; window < 150; window += 1) gate.learn(echo, VOICE);
    expect(gate.admits(echo, VOICE)).toBe(false);
    expect(gate.admits(VOICE * 0.8, VOICE)).toBe(true);
  });

  test('a call without echo is learned too: a quiet caller is heard then', () => {
    const gate = createEchoGate();
    expect(gate.admits(0.018, VOICE)).toBe(false);
    for (let window = 0; window < 100; window += 1) gate.learn(0.0005, VOICE);
    expect(gate.admits(0.018, VOICE)).toBe(true);
  });

  test('each false alarm raises the gate, within its bound', () => {
    const gate = createEchoGate();
    const before = gate.coupling();
    gate.falseAlarm();
    expect(gate.coupling()).toBeGreaterThan(before);
    for (let i = 0; i < 50; i += 1) gate.falseAlarm();
    expect(gate.coupling()).toBeLessThanOrEqual(1);
  });
});
