import { join } from 'node:path';
import type { Config } from '../config/config.ts';

/** Where a simulation leaves its clock and holidays for running processes; read only with `simulation.control`. */
export function simulationFile(config: Config): string {
  return join(config.paths.run, 'simulation.json');
}
