import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { freeTcpPort, freeUdpPort } from '../../../src/adapters/process/free-port.ts';
import { makeScratchDir, PROJECT_DIR, removeDir } from '../process/started-server.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Longest life of a program of these tests, in milliseconds; one that lives longer is killed, and the test fails. */
const LIFE_MS_MAX = 18_000;

/** A program of the product under way. */
export interface Program {
  readonly output: () => string;
  readonly ended: Promise<Ended>;
  stop(): Promise<void>;
}

/** A place of its own for the product: folder, ports, configuration. */
export interface House {
  readonly dir: string;
  readonly data: string;
  readonly ports: { readonly sip: number; readonly ari: number; readonly calendar: number };
  configure(extra: object): void;
  /** Starts a program with the pinned Node; `wrap` is what runs it. */
  node(args: readonly string[], wrap?: readonly string[]): Program;
  /** `bin/vestibule run --no-demo`. */
  run(): Program;
  /** One process of the table, alone. */
  process(name: 'daemon' | 'worker' | 'language' | 'voice' | 'recogniser' | 'media', wrap?: readonly string[]): Program;
  /** The shipped manifest with one part of one model exchanged for other bytes; gives the path of the bad file. */
  corrupt(role: string): string;
  close(): Promise<void>;
}

function start(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): { readonly program: Program; readonly child: ChildProcess } {
  const child = spawn(command, [...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const timer = setTimeout(() => child.kill('SIGKILL'), LIFE_MS_MAX);
  const ended = new Promise<Ended>((done, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      done({ exitCode, output });
    });
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  return { child, program: { output: () => output, ended, stop } };
}

interface Manifest {
  readonly packs: { readonly models: { readonly role: string; readonly files: Record<string, { path: string }> }[] }[];
}

export async function createHouse(): Promise<House> {
  const dir = makeScratchDir();
  const data = join(dir, 'd');
  const file = join(dir, 'config.yaml');
  const ports = { sip: await freeUdpPort(), ari: await freeTcpPort(), calendar: await freeTcpPort() };
  const programs: Program[] = [];
  const configure = (extra: object): void =>
    writeFileSync(
      file,
      stringify({ dataDir: data, sip: { port: ports.sip }, ari: { port: ports.ari }, calendar: { port: ports.calendar }, ...extra }),
    );
  configure({});
  const begin = (command: string, args: readonly string[]): Program => {
    const { program } = start(command, args, { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', VESTIBULE_CONFIG: file });
    programs.push(program);
    return program;
  };
  const node = (args: readonly string[], wrap: readonly string[] = []): Program => {
    const [command, ...rest] = [...wrap, process.execPath, '--disable-warning=ExperimentalWarning', ...args];
    return begin(command ?? process.execPath, rest);
  };
  return {
    dir,
    data,
    ports,
    configure,
    node,
    run: () => begin(join(PROJECT_DIR, 'bin', 'vestibule'), ['run', '--no-demo']),
    process: (name, wrap) => node([join(PROJECT_DIR, 'src', 'app', `${name}.ts`)], wrap),
    corrupt: (role) => {
      const shipped = join(PROJECT_DIR, 'models', 'manifest.json');
      const manifest = JSON.parse(readFileSync(shipped, 'utf8')) as Manifest;
      const bad = join(dir, 'bad-model');
      writeFileSync(bad, 'these are not the weights');
      for (const model of manifest.packs.flatMap(({ models }) => models))
        for (const described of Object.values(model.files))
          described.path = model.role === role ? bad : resolve(dirname(shipped), described.path);
      const path = join(dir, 'models', 'manifest.json');
      mkdirSync(dirname(path));
      writeFileSync(path, JSON.stringify(manifest));
      configure({ models: { manifest: path } });
      return bad;
    },
    close: async () => {
      await Promise.all(programs.map((program) => program.stop()));
      removeDir(dir);
    },
  };
}
