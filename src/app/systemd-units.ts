import { join } from 'node:path';
import { PROJECT_DIR, type Config } from '../config/config.ts';
import { NODE_PROCESSES, nodeArguments, processEnvironment, type NodeProcess } from './process-table.ts';
import { serversOf, type ServerName } from './stack.ts';

/** A file for systemd: a unit, or what its helpers for users and folders read. */
export interface SystemdFile {
  readonly name: string;
  readonly text: string;
}

export interface UnitOptions {
  readonly config: Config;
  /** The configuration the services read; absolute. */
  readonly configFile: string;
  /** The pinned Node; absolute. */
  readonly node: string;
}

/** The one user of all services: they meet in sockets and files that only their owner may open. */
export const SERVICE_USER = 'vestibule';
const TARGET = 'vestibule.target';
const RESTART_S = 1;
/** Beyond the time a process takes to end by itself. */
const STOP_MARGIN_S = 2;
const SERVER_STOP_S = 7;
const SERVER_START_S = 40;

/** Kilobytes do not matter: a server that grows beyond this is ill. */
const SERVER_MEMORY_MB: Readonly<Record<ServerName, number>> = { asterisk: 400, redis: 256, calendar: 250 };
const SERVER_MEANING: Readonly<Record<ServerName, string>> = {
  asterisk: 'Asterisk: SIP, RTP, bridges',
  redis: 'private Redis: wake-ups for the worker',
  calendar: 'private Radicale calendar',
};

/** What a process has no business with, below the data folder. */
const OUT_OF_REACH: Readonly<Record<NodeProcess['name'], readonly string[]>> = {
  recogniser: ['keys', 'ledger', 'journal', 'calendar', 'redis', 'asterisk'],
  voice: ['keys', 'ledger', 'journal', 'calendar', 'redis', 'asterisk'],
  language: ['keys', 'ledger', 'journal', 'calendar', 'redis', 'asterisk'],
  media: ['keys', 'ledger', 'journal', 'calendar', 'redis', 'asterisk'],
  worker: ['journal', 'asterisk', 'calendar', 'redis'],
  daemon: ['calendar', 'redis', 'asterisk'],
};
/** Processes that speak to others over Unix sockets only. */
const WITHOUT_NETWORK: ReadonlySet<string> = new Set(['recogniser', 'voice', 'language']);
const DATA_FOLDERS = ['run', 'log', 'keys', 'cache', 'ledger', 'journal', 'asterisk', 'redis', 'calendar'] as const;

export const unitName = (name: string): string => `vestibule-${name}.service`;

/** One word of a command line or an assignment: quoted, and `%` doubled, since both mean something to systemd. */
function word(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /[\s"\\']/.test(text) ? `"${escaped}"` : escaped;
}

const commandLine = (...words: readonly string[]): string => words.map((one) => word(one).replaceAll('$', '$$$$')).join(' ');
const environmentLines = (options: UnitOptions): readonly string[] =>
  Object.entries(processEnvironment(options.configFile, options.config)).map(([name, value]) => `Environment=${word(`${name}=${value}`)}`);

function hardening(config: Config): readonly string[] {
  return [
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    `ReadWritePaths=${word(config.paths.data)}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectControlGroups=yes',
    'ProtectKernelModules=yes',
    'ProtectClock=yes',
    'RestrictSUIDSGID=yes',
    'RestrictRealtime=yes',
    'LockPersonality=yes',
    'CapabilityBoundingSet=',
    'SystemCallArchitectures=native',
    'UMask=0077',
  ];
}

/** Not for Asterisk: its own sandbox mounts a /proc, which the kernel allows only where the outer one is whole. */
const PROCESS_HARDENING = ['ProtectKernelTunables=yes', 'ProtectKernelLogs=yes', 'ProtectHostname=yes', 'RestrictNamespaces=yes'] as const;

interface Service {
  readonly name: string;
  readonly meaning: string;
  readonly after: readonly string[];
  readonly start: readonly string[];
  readonly memoryMbMax: number;
  readonly stopS: number;
  readonly rest: readonly string[];
}

function render(service: Service, options: UnitOptions): SystemdFile {
  const after = service.after.map(unitName);
  const order = after.length === 0 ? [] : [`After=${after.join(' ')}`, `Wants=${after.join(' ')}`];
  const lines = [
    '# Written by scripts/systemd-units.ts; changes here are overwritten. Put your own in a drop-in (systemctl edit).',
    '[Unit]',
    `Description=Vestibule: ${service.meaning}`,
    `PartOf=${TARGET}`,
    ...order,
    // A process that keeps failing is started again and again: a caller may reach it once the cause is gone.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `User=${SERVICE_USER}`,
    `Group=${SERVICE_USER}`,
    `WorkingDirectory=${word(PROJECT_DIR)}`,
    ...environmentLines(options),
    ...service.start,
    'Restart=always',
    `RestartSec=${RESTART_S}`,
    `TimeoutStopSec=${service.stopS}`,
    'KillMode=mixed',
    `MemoryMax=${service.memoryMbMax}M`,
    ...hardening(options.config),
    ...service.rest,
    '',
    '[Install]',
    `WantedBy=${TARGET}`,
    '',
  ];
  return { name: unitName(service.name), text: lines.join('\n') };
}

function processUnit(process: NodeProcess, options: UnitOptions, present: ReadonlySet<string>): SystemdFile {
  const { data } = options.config.paths;
  const isAlone = WITHOUT_NETWORK.has(process.name);
  return render(
    {
      name: process.name,
      meaning: `the ${process.name} process`,
      after: process.after.filter((name) => present.has(name)),
      start: [`ExecStart=${commandLine(options.node, ...nodeArguments(process))}`],
      memoryMbMax: process.memoryMbMax,
      stopS: Math.ceil(process.stopMsMax / 1000) + STOP_MARGIN_S,
      rest: [
        ...PROCESS_HARDENING,
        ...OUT_OF_REACH[process.name].map((folder) => `InaccessiblePaths=-${word(join(data, folder))}`),
        isAlone ? 'RestrictAddressFamilies=AF_UNIX' : 'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
        ...(isAlone ? ['PrivateNetwork=yes'] : []),
      ],
    },
    { ...options },
  );
}

function serverUnit(name: ServerName, options: UnitOptions): SystemdFile {
  const script = join(PROJECT_DIR, 'scripts', 'run-server.ts');
  const command = (...words: readonly string[]): string =>
    commandLine(options.node, '--disable-warning=ExperimentalWarning', script, name, ...words);
  return render(
    {
      name,
      meaning: SERVER_MEANING[name],
      after: [],
      start: [
        `ExecStart=${command()}`,
        ...(name === 'calendar' ? [`ExecStartPost=${command('--ready')}`, `TimeoutStartSec=${SERVER_START_S}`] : []),
      ],
      memoryMbMax: SERVER_MEMORY_MB[name],
      stopS: SERVER_STOP_S,
      rest: [...(name === 'asterisk' ? [] : PROCESS_HARDENING), 'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
    },
    options,
  );
}

/** Everything systemd needs to run the product: a unit per process of the table and per server, the target, the user, the folders. */
export function systemdFiles(options: UnitOptions): readonly SystemdFile[] {
  const { config } = options;
  const servers = serversOf(config);
  const names = [...servers, ...NODE_PROCESSES.map(({ name }) => name)];
  const present = new Set<string>(names);
  const target = [
    '# Written by scripts/systemd-units.ts; changes here are overwritten.',
    '[Unit]',
    'Description=Vestibule, a telephone receptionist',
    `Wants=${names.map(unitName).join(' ')}`,
    'After=network.target',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
  const folders = ['', ...DATA_FOLDERS].map(
    (folder) => `d ${word(join(config.paths.data, folder))} 0700 ${SERVICE_USER} ${SERVICE_USER} -`,
  );
  return [
    ...servers.map((name) => serverUnit(name, options)),
    ...NODE_PROCESSES.map((process) => processUnit(process, options, present)),
    { name: TARGET, text: target },
    { name: 'sysusers.d/vestibule.conf', text: `u ${SERVICE_USER} - "Vestibule" ${word(config.paths.data)}\n` },
    { name: 'tmpfiles.d/vestibule.conf', text: `${folders.join('\n')}\n` },
  ];
}
