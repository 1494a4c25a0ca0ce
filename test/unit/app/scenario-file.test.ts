import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, parseScenario } from '../../../src/app/simulate/scenario.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', 'scenarios');
const shipped = readdirSync(SHIPPED).filter((name) => name.endsWith('.yaml'));
const least = (over: object): unknown => ({ name: 'n', why: 'w', steps: [], expect: {}, ...over });

describe('a scenario file', () => {
  it.each<[string, unknown, RegExp]>([
    ['an unknown key at the top', least({ foo: 1 }), /foo: unknown key/],
    ['an unknown key in a step', least({ steps: [{ say: 'x', foo: 1 }] }), /steps\.0\.foo: unknown key/],
    ['an unknown kind', least({ steps: [{ hear: { kind: 'legl' } }] }), /steps\.0\.hear\.kind: /],
    ['an empty matcher', least({ steps: [{ hear: {} }] }), /steps\.0\.hear/],
    ['an unknown slot in replies', least({ replies: { shoe: 'x' } }), /replies\.shoe: unknown key/],
    ['an unknown process', least({ steps: [{ do: { kill: 'postgres' } }] }), /steps\.0\.do\.kill/],
    ['an unknown fault', least({ given: { faults: [{ destination: 'calendar', kind: 'fire' }] } }), /given\.faults\.0\.kind/],
    ['an unknown engine', least({ voice: { engine: 'festival', name: 'x' } }), /voice\.engine/],
    ['a broken regular expression', least({ expect: { said: ['/(/'] } }), /expect\.said\.0/],
    ['a wrong number', least({ given: { caller: { number: '030 123' } } }), /given\.caller\.number/],
    ['steps and calls at once', least({ calls: [{ steps: [] }] }), /exactly one of steps, calls, callers/],
    ['no why', { name: 'n', steps: [], expect: {} }, /why/],
  ])('with %s is refused by its path', (_what, raw, message) => {
    expect(() => parseScenario(raw, 'x.yaml')).toThrow(
      expect.objectContaining({ code: 'scenario_invalid', message: expect.stringMatching(message) as unknown }) as Error,
    );
  });

  it('takes a caller without a number in every way it may be written', () => {
    for (const caller of ['anonymous', { anonymous: true }, { number: 'anonymous', name: 'Laura' }]) {
      expect(parseScenario(least({ given: { caller } }), 'x.yaml').calls[0]?.number).toBeNull();
    }
    expect(parseScenario(least({ given: { caller: { number: '+493055501234' } } }), 'x.yaml').calls[0]?.number).toBe('+493055501234');
  });

  it('gives every call its own caller, voice, line and replies, or those of the file', () => {
    const scenario = parseScenario(
      {
        name: 'n',
        why: 'w',
        expect: {},
        given: { caller: { number: '+493055501234' } },
        voice: { engine: 'flite', name: 'rms' },
        line: { noiseDbfs: -40 },
        callers: [{ steps: [] }, { caller: 'anonymous', voice: { file: 'x.wav' }, line: { codec: 'ulaw' }, steps: [] }],
      },
      '/tmp/x.yaml',
    );
    expect(scenario.order).toBe('at_once');
    expect(scenario.calls.map(({ number, voice, line }) => [number, voice, line.codec, line.noiseDbfs])).toEqual([
      ['+493055501234', { engine: 'flite', name: 'rms' }, 'alaw', -40],
      [null, { file: '/tmp/x.wav' }, 'ulaw', null],
    ]);
  });

  it('lets a fault strike once unless it says otherwise, and keeps a destination down for the whole call', () => {
    const { faults } = parseScenario(
      least({
        given: {
          faults: [
            { destination: 'calendar', kind: 'status_503' },
            { destination: 'calendar', kind: 'down' },
            { destination: 'calendar', kind: 'slow', forSeconds: 3 },
          ],
        },
      }),
      'x.yaml',
    );
    expect(faults.map((fault) => (fault.type === 'destination' ? [fault.times, fault.forSeconds] : null))).toEqual([
      [1, null],
      [null, null],
      [null, 3],
    ]);
  });

  it.each(shipped)('%s is valid', (file) => {
    expect(loadScenario(join(SHIPPED, file)).name).not.toBe('');
  });

  it('is there in at least sixteen cases', () => {
    expect(shipped.length).toBeGreaterThanOrEqual(16);
  });
});
