import { join } from 'node:path';
import { PROJECT_DIR, type Config } from '../config/config.ts';
import type { Paths } from '../config/config.ts';

/** The processes of the product that run on Node, in the order they are started. The supervisor and the systemd units read this. */
export interface NodeProcess {
  readonly name: 'recogniser' | 'voice' | 'language' | 'media' | 'worker' | 'daemon';
  readonly main: string;
  /** A socket that accepts connections once the process can be used. */
  readonly socket: (paths: Paths) => string;
  readonly after: readonly string[];
  /** Unprivileged user of an installed service. */
  readonly user: string;
  readonly memoryMbMax: number;
  readonly readyMsMax: number;
  readonly stopMsMax: number;
}

const main = (name: string): string => join(PROJECT_DIR, 'src', 'app', `${name}.ts`);

export const NODE_PROCESSES: readonly NodeProcess[] = [
  {
    name: 'recogniser',
    main: main('recogniser'),
    socket: (paths) => paths.sockets.recogniser,
    after: [],
    user: 'vestibule',
    memoryMbMax: 400,
    readyMsMax: 90_000,
    stopMsMax: 2000,
  },
  {
    name: 'voice',
    main: main('voice'),
    socket: (paths) => paths.sockets.voice,
    after: [],
    user: 'vestibule',
    memoryMbMax: 300,
    readyMsMax: 30_000,
    stopMsMax: 2000,
  },
  {
    name: 'language',
    main: main('language'),
    socket: (paths) => paths.sockets.language,
    after: [],
    user: 'vestibule',
    memoryMbMax: 300,
    readyMsMax: 30_000,
    stopMsMax: 2000,
  },
  {
    name: 'media',
    main: main('media'),
    socket: (paths) => paths.sockets.media,
    after: ['recogniser', 'voice'],
    user: 'vestibule',
    memoryMbMax: 300,
    readyMsMax: 15_000,
    stopMsMax: 2000,
  },
  {
    name: 'worker',
    main: main('worker'),
    socket: (paths) => paths.sockets.worker,
    after: ['redis', 'calendar'],
    user: 'vestibule',
    memoryMbMax: 250,
    readyMsMax: 15_000,
    stopMsMax: 5000,
  },
  {
    name: 'daemon',
    main: main('daemon'),
    socket: (paths) => paths.sockets.events,
    after: ['asterisk', 'media', 'worker', 'language'],
    user: 'vestibule',
    memoryMbMax: 300,
    readyMsMax: 15_000,
    stopMsMax: 5000,
  },
];

/** Arguments of the pinned Node for a process; `VESTIBULE_CONFIG` names the configuration. */
export function nodeArguments(process: NodeProcess): readonly string[] {
  return ['--disable-warning=ExperimentalWarning', process.main];
}

export function processEnvironment(configFile: string, config: Config): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: config.paths.data,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    VESTIBULE_CONFIG: configFile,
    UV_THREADPOOL_SIZE: '8',
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: join(config.paths.cache, 'compiled'),
  };
}
