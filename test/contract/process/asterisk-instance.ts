import { join } from 'node:path';
import { freeTcpPort, freeUdpPort } from '../../../src/adapters/process/free-port.ts';
import type { AsteriskInstance } from '../../../src/adapters/process/spawn-asterisk.ts';
import { PROJECT_DIR } from './started-server.ts';

/** Ports for the sound of one instance. */
const RTP_PORTS = 100;

/** An Asterisk of a test's own below `folder`, on loopback. Test files run side by side: each names another hundred of RTP ports. */
export async function asteriskInstance(folder: string, rtpPortMin: number): Promise<AsteriskInstance> {
  const keysDir = join(folder, 'keys');
  return {
    projectDir: PROJECT_DIR,
    instanceDir: join(folder, 'a'),
    keysDir,
    ariPasswordFile: join(keysDir, 'ari.password'),
    ariUser: 'vestibule',
    httpPort: await freeTcpPort(),
    sipBindAddress: '127.0.0.1',
    sipPort: await freeUdpPort(),
    rtpPortMin,
    rtpPortMax: rtpPortMin + RTP_PORTS - 1,
    stasisApp: 'vestibule',
  };
}
