import { posix } from 'node:path';

/** A floor of the house: a folder of `src`, and the floors below it that it may import. See docs/ARCHITECTURE.md. */
export interface Floor {
  readonly name: string;
  readonly mayImport: readonly string[];
  /** Floors of which only types may be imported. */
  readonly typesOnly: readonly string[];
  /** npm packages, or `any`. */
  readonly packages: readonly string[] | 'any';
  /** Whether it may import Node's modules that do input or output. */
  readonly io: boolean;
}

const BELOW_APP = ['base', 'domain', 'audio', 'ports', 'config', 'runtime', 'adapters'];

export const FLOORS: readonly Floor[] = [
  { name: 'base', mayImport: [], typesOnly: [], packages: [], io: false },
  { name: 'domain', mayImport: ['base'], typesOnly: [], packages: [], io: false },
  { name: 'audio', mayImport: ['base'], typesOnly: [], packages: [], io: false },
  { name: 'ports', mayImport: ['base', 'domain'], typesOnly: ['domain'], packages: [], io: false },
  { name: 'config', mayImport: ['base', 'domain'], typesOnly: ['domain'], packages: ['zod', 'yaml'], io: true },
  { name: 'runtime', mayImport: ['base', 'domain', 'audio', 'ports'], typesOnly: [], packages: [], io: true },
  { name: 'adapters', mayImport: ['base', 'domain', 'audio', 'ports'], typesOnly: [], packages: 'any', io: true },
  { name: 'app', mayImport: BELOW_APP, typesOnly: [], packages: 'any', io: true },
  {
    name: 'console',
    mayImport: ['base', 'domain', 'ports', 'config', 'app'],
    typesOnly: ['domain'],
    packages: 'any',
    io: true,
  },
  {
    name: 'cli',
    mayImport: ['base', 'domain', 'ports', 'config', 'app'],
    typesOnly: ['domain'],
    packages: 'any',
    io: true,
  },
];

/** Adapters that other adapters may import; docs/decisions/0003-ipc-floor.md says why. */
export const SHARED_ADAPTERS = ['ipc', 'log'];

const IO_MODULES =
  /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|cluster|worker_threads|readline|sqlite|os|process|inspector)(\/|$)/;

/** Why a file of `src` may not import this, or null when it may. `path` is relative to the root, as in `src/base/scope.ts`. */
export function objection(path: string, specifier: string, typeOnly: boolean): string | null {
  const from = placeOf(path);
  const floor = FLOORS.find((candidate) => candidate.name === from.floor);
  if (floor === undefined) return `src/${from.floor} is not a floor of the house`;
  if (specifier.startsWith('node:')) {
    return !floor.io && !typeOnly && IO_MODULES.test(specifier) ? `src/${floor.name} is pure: no input or output` : null;
  }
  if (!specifier.startsWith('.')) return packageObjection(floor, specifier, typeOnly);

  const to = placeOf(posix.join(posix.dirname(path), specifier));
  if (to.floor === 'outside') return 'src imports nothing outside of src';
  if (to.floor === floor.name) {
    if (floor.name !== 'adapters' || to.part === from.part || SHARED_ADAPTERS.includes(to.part)) return null;
    return `an adapter does not import another one (${to.part}); meet in a port`;
  }
  if (!floor.mayImport.includes(to.floor)) return `src/${floor.name} may not import src/${to.floor}`;
  if (floor.typesOnly.includes(to.floor) && !typeOnly) return `src/${floor.name} imports only types of src/${to.floor}`;
  return null;
}

function packageObjection(floor: Floor, specifier: string, typeOnly: boolean): string | null {
  if (floor.packages === 'any' || typeOnly) return null;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return floor.packages.includes(name) ? null : `src/${floor.name} does not use the package ${name}`;
}

function placeOf(path: string): { readonly floor: string; readonly part: string } {
  const [top, floor, part] = path.split('/');
  if (top !== 'src') return { floor: 'outside', part: '' };
  return { floor: floor ?? '', part: part ?? '' };
}
